//! "Did you mean": the known word nearest to one that is not known.

/// The candidate that is fewest slips away from `word`: letters swapped, left out, added or changed, at most
/// one for every three letters. Among equals the first in alphabetical order; capitals do not count as slips.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = word.to_ascii_lowercase().chars().collect();
    let allowed = (wanted.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = candidate.to_ascii_lowercase().chars().collect();
        if candidate == word || letters.len().abs_diff(wanted.len()) > allowed {
            continue;
        }
        let slips = (distance(&wanted, &letters), candidate);
        if slips.0 <= allowed && slips.0 < letters.len() && best.is_none_or(|b| slips < b) {
            best = Some(slips);
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Restricted Damerau-Levenshtein distance, row by row.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let changed = last[j] + usize::from(from != to);
            let mut cost = changed.min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && *from == b[j - 1] && a[i - 1] == *to;
            if swapped {
                cost = cost.min(before_last[j - 1] + 1);
            }
            row.push(cost);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn nearest_word_wins_and_far_words_are_not_offered() {
        let stages = ["demand", "last_demand", "reminder", "court"];
        assert_eq!(did_you_mean("remindr", stages), Some("reminder"));
        assert_eq!(did_you_mean("dmeand", stages), Some("demand"));
        assert_eq!(did_you_mean("Court", stages), Some("court"));
        assert_eq!(did_you_mean("enforcement", stages), None);
        assert_eq!(did_you_mean("x", ["y"]), None);
    }

    #[test]
    fn equals_are_told_apart_by_the_alphabet() {
        assert_eq!(did_you_mean("ab", ["cb", "ac", "bb"]), Some("ac"));
    }
}
