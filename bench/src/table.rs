//! The table, printed row by row so that what was measured stays when something fails later.

/// A figure beside another one of the same run.
pub(crate) struct Row<'a> {
    pub(crate) what: &'a str,
    /// Talon's figure.
    pub(crate) talon: String,
    /// What it is compared with.
    pub(crate) beside: String,
    pub(crate) ratio: Option<f64>,
    /// The goal, and whether it is met; `None` for a figure that has none.
    pub(crate) goal: Option<(&'a str, bool)>,
}

/// Prints the head.
pub(crate) fn head() {
    println!("| what | Talon | beside it, same run | ratio | goal | met |");
    println!("|---|---|---|---|---|---|");
}

impl Row<'_> {
    /// Prints the row.
    pub(crate) fn print(&self) {
        let ratio = self.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        let (goal, met) = self.goal.map_or(("", ""), |(goal, met)| (goal, if met { "yes" } else { "**no**" }));
        println!("| {} | {} | {} | {ratio} | {goal} | {met} |", self.what, self.talon, self.beside);
    }
}
