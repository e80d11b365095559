//! Modules that generated strategies use: a library with a calendar, a table and two procedures, and one that it uses
//! itself.

/// What `use` finds: the file's name and its text.
#[must_use]
pub fn module(name: &str) -> Option<(String, String)> {
    let text = match name {
        "lib" => LIB,
        "lib.courts" => COURTS,
        "bars" => BARS,
        _ => return None,
    };
    Some((format!("{}.dun", name.replace('.', "/")), text.to_owned()))
}

const LIB: &str = r#"## What every generated strategy may use.
calendar lib.north "North" {
    holiday 1 january "New Year"
    holiday easter + 1 day
    holiday 3 october
}
lib_fee = steps(amount : money) : money {
    ..500 EUR                  => 51.50 EUR
    each 500 EUR to 2_000 EUR  => + 41.50 EUR
    each 1_000 EUR             => + 59.50 EUR
}
lib_cost = table(pages : number) : money {
    ..3 => 0.95 EUR
    _   => 1.10 EUR
}
"#;

const BARS: &str = r#"## When claims are barred.
limitation short {
    40 days from due
    3 months from end_of_month(arose)
    5 months from title
    restart on acknowledged, enforced
    suspend while negotiating
    suspend from filed until 1 month after order_ended
}
"#;

const COURTS: &str = r#"use lib
procedure lib_order(claim : money, answer : duration) exits title, objection, stopped {
    stage applied {
        file f_order with claim = claim, fee = lib_fee(claim)
        charge lib_fee(claim) as court
        on served usually within 6 weeks -> waiting
        on withdrawn_by_court -> stopped
        after answer when balance < 20 EUR -> stopped
    }
    stage waiting {
        on objection when amount < claim: split amount -> objection
        on objection -> objection
        2 weeks after served.on -> order
        leaving to order { alarm a_ordered }
    }
    stage order {
        file f_enforce
        on title_issued usually within 6 weeks -> title
        after answer -> stopped
    }
    on payment(amount) when amount > claim: alarm a_paid
    leaving otherwise { file f_withdraw }
}
procedure lib_both(claim : money) exits done, failed {
    stage first = lib_order(claim = claim, answer = 9 days) {
        exit title -> second
        exit objection -> failed
        exit stopped -> failed
    }
    stage second {
        call c_bailiff up to 2 attempts, every 3 days
        every 4 days at most 2 times: task w_find for clerk within 3 days
        after 10 days -> done
        leaving { report court "left" }
    }
    after 40 days -> failed
}
"#;
