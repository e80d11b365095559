//! What of a case changed since it was copied: a step goes back to copies, and they leave out what did not change.

/// The global that says which parts of the case changed: since the copy before the input, higher by [`SECOND`] since that before
/// the timer, and whether the account did.
pub(super) const CHANGED: u32 = 3;
/// How much higher the bits of the second copy are.
pub(super) const SECOND: u32 = 16;
/// The bit that says that the account is not known.
pub(super) const ACCOUNT: i32 = 1 << 15;

/// Parts of a case that most steps leave as they are: who changes one says so, and a copy leaves out what did not change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part(i32);

impl Part {
    /// Nothing of that kind: it is copied whether it changed or not.
    pub(super) const NONE: Self = Self(0);
    /// The place before.
    pub(super) const BEFORE: Self = Self(1);
    /// The persons.
    pub(super) const PERSONS: Self = Self(2);
    /// Claims, costs, payments, and days that bear no interest.
    pub(super) const LEDGER: Self = Self(4);
    /// What is open: tasks, calls, approvals, and what waits.
    pub(super) const OPEN: Self = Self(8);
    /// What was sent, and which events were taken.
    pub(super) const TOLD: Self = Self(16);
    /// All of them.
    pub(super) const ALL: i32 = 31;

    /// Its bit.
    pub(super) const fn bit(self) -> i32 {
        self.0
    }

    /// The bits that its change sets in [`CHANGED`]: one for each copy, and of the ledger that of the account.
    pub(super) const fn changes(self) -> i32 {
        let account = if self.0 & Self::LEDGER.0 == 0 { 0 } else { ACCOUNT };
        self.0 | self.0 << SECOND | account
    }
}
