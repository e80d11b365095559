//! A case between two steps, and how it is saved: in a compact binary form, and as JSON.

use crate::error::Error;
use crate::json;
use crate::strategy::Strategy;
use dunlin_machine::binary::MachineHash;
use dunlin_machine::value::Instant;
use dunlin_runtime::case::Case as State;
use dunlin_runtime::fault::Refusal;
use dunlin_runtime::store;
use serde_json::{Map, Value, json};

/// A case that runs. It belongs to the strategy that it was opened with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    state: State,
}

impl Case {
    pub(crate) const fn of(state: State) -> Self {
        Self { state }
    }

    pub(crate) const fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Everything that the machine knows of it.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The host's name for it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.state.id
    }

    /// The instant of its latest input.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.state.now
    }

    /// The name of the stage or outcome that it is in.
    #[must_use]
    pub fn stage<'s>(&self, strategy: &'s Strategy) -> &'s str {
        strategy.stage_name(self.state.place.stage)
    }

    /// The compact binary form, a few hundred bytes.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        // OK because only memory can run out while a case is written.
        store::save(&self.state).unwrap_or_default()
    }

    /// The case that [`Case::save`] wrote.
    ///
    /// # Errors
    /// [`Error::is_state`]: the bytes are cut short or changed, or the case belongs to another machine.
    pub fn restore(strategy: &Strategy, bytes: &[u8]) -> Result<Self, Error> {
        let state = store::restore_with(strategy.machine(), strategy.hash(), bytes);
        state.map(Self::of).map_err(|refusal| unreadable(strategy, &refusal))
    }

    /// The case as JSON.
    #[must_use]
    pub fn to_json(&self, strategy: &Strategy) -> Value {
        to_json(strategy, &self.state)
    }

    /// The case that [`Case::to_json`] wrote, or a `final` line with it in its `state`, or a whole run that ends in one.
    ///
    /// # Errors
    /// As [`Case::restore`].
    pub fn from_json(strategy: &Strategy, text: &str) -> Result<Self, Error> {
        // Read by hand first, because it says where a text that was cut short ends.
        json::parse(text, 1)
            .map_err(|problem| Error::state(format!("the saved case cannot be read: {problem}"), false))?;
        let value: Value = serde_json::from_str(text).map_err(|_| damaged("it is no JSON"))?;
        let last = value.get("final").unwrap_or(&value);
        let value = last.get("state").unwrap_or(last);
        Self::from_value(strategy, value)
    }

    fn from_value(strategy: &Strategy, value: &Value) -> Result<Self, Error> {
        let mut fields = value.as_object().cloned().ok_or_else(|| damaged("it is no object"))?;
        let hash = fields.get("machine").and_then(Value::as_str).ok_or_else(|| damaged("it names no machine"))?;
        if hash != strategy.hash().to_string() {
            return Err(other_machine(strategy, &fields));
        }
        fields.insert("machine".into(), json!(strategy.hash().0));
        fields.remove("strategy");
        fields.remove("version");
        let state: State =
            serde_json::from_value(Value::Object(fields)).map_err(|error| damaged(&error.to_string()))?;
        // Whoever edits JSON by hand must not reach the machine with numbers that lead nowhere.
        let state = store::admit(strategy.machine(), strategy.hash(), state);
        state.map(Self::of).map_err(|refusal| unreadable(strategy, &refusal))
    }
}

/// The case as JSON: its fields, the strategy's name and version, and the machine's hash.
pub(crate) fn to_json(strategy: &Strategy, state: &State) -> Value {
    let mut object = Map::new();
    object.insert("strategy".into(), json!(strategy.name()));
    object.insert("version".into(), json!(strategy.version()));
    if let Ok(Value::Object(fields)) = serde_json::to_value(state) {
        object.extend(fields);
    }
    object.insert("machine".into(), json!(MachineHash(state.machine).to_string()));
    Value::Object(object)
}

fn damaged(why: &str) -> Error {
    Error::state(format!("the saved case cannot be read: {why}"), false)
}

fn other_machine(strategy: &Strategy, fields: &Map<String, Value>) -> Error {
    let name = fields.get("strategy").and_then(Value::as_str).unwrap_or("another strategy");
    let version = fields.get("version").map_or_else(String::new, |version| format!(" version {version}"));
    let hash = fields.get("machine").and_then(Value::as_str).unwrap_or_default();
    let short: String = hash.chars().take(12).collect();
    Error::state(
        format!(
            "the saved case belongs to the machine {short} of {name}{version}, and this is the machine {} of {} version {}; \
             a case stays on the machine that it was opened with",
            strategy.hash().short(),
            strategy.name(),
            strategy.version()
        ),
        true,
    )
}

fn unreadable(strategy: &Strategy, refusal: &Refusal) -> Error {
    match refusal {
        Refusal::OtherMachine => Error::state(
            format!(
                "the saved case belongs to another machine than {} of {} version {}; a case stays on the machine that it was \
                 opened with",
                strategy.hash().short(),
                strategy.name(),
                strategy.version()
            ),
            true,
        ),
        other => Error::state(other.words(strategy.machine()), false),
    }
}
