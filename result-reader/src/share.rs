//! Which results a reader of a group shows, in words.

use timeoff_cli::describe;
use timeoff_models::Departments;

/// A reader's share of the results, and whether people were told that it is only a part.
pub(crate) struct Share<'a> {
    group: &'a str,
    departments: &'a Departments,
    /// How many partitions the results have.
    partitions: i32,
    /// Whether it was reported that other readers of the group show some: then the end of that has to be reported, too.
    is_told_to_be_partial: bool,
}

impl<'a> Share<'a> {
    pub(crate) fn new(group: &'a str, departments: &'a Departments, partitions: i32) -> Share<'a> {
        Share {
            group,
            departments,
            partitions,
            is_told_to_be_partial: false,
        }
    }

    /// The notice about the share that the reader has now. A reader that has had all from the start shows what anybody
    /// expects, so there is no notice.
    pub(crate) fn now(&mut self, held: &[i32]) -> Option<String> {
        let group = self.group;
        let has_all = i32::try_from(held.len()).is_ok_and(|count| count >= self.partitions);
        let was_partial = std::mem::replace(&mut self.is_told_to_be_partial, !has_all);
        let to_see_all = "To see all: --group with a name of your own, or --from-beginning.";
        match (has_all, held.is_empty()) {
            (true, _) => was_partial.then(|| "This reader shows all departments now.".to_owned()),
            (false, true) => Some(format!(
                "This reader shows no results now: other readers of group {group} have them all, or the log does not \
                answer. {to_see_all}"
            )),
            (false, false) => Some(format!(
                "This reader shows {}; other readers of group {group} show the rest. {to_see_all}",
                self.described(held)
            )),
        }
    }

    /// The notice when the group has been shown all that is there.
    pub(crate) fn nothing_new(&self) -> String {
        format!(
            "Nothing new: group {} was shown all that is there. --from-beginning shows it again.",
            self.group
        )
    }

    /// The share in words: departments, unless a partition has the results of several.
    fn described(&self, held: &[i32]) -> String {
        let one_each = usize::try_from(self.partitions)
            .is_ok_and(|partitions| partitions >= self.departments.len());
        if one_each {
            return describe(self.departments, held);
        }
        let numbers: Vec<String> = held.iter().map(i32::to_string).collect();
        format!("partition {} of the results", numbers.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::Share;
    use timeoff_models::Departments;

    #[test]
    fn a_reader_says_which_departments_it_shows_when_it_does_not_show_all() {
        let departments = Departments::default();
        let mut share = Share::new("readers", &departments, 3);
        assert_eq!(share.now(&[0, 1, 2]), None);
        let partial = share.now(&[0, 2]).expect("a sentence");
        assert!(
            partial.starts_with("This reader shows HR and OPS; other readers of group readers"),
            "{partial}"
        );
        for part in ["--group", "--from-beginning"] {
            assert!(partial.contains(part), "{partial}");
        }
        let none = share.now(&[]).expect("a sentence");
        assert!(none.contains("no results now"), "{none}");
        let all = share.now(&[0, 1, 2]).expect("a sentence");
        assert!(all.contains("all departments now"), "{all}");
        assert_eq!(share.now(&[0, 1, 2]), None);
    }

    #[test]
    fn a_partition_that_several_departments_share_is_not_called_by_the_name_of_one() {
        let departments = Departments::default();
        let mut share = Share::new("readers", &departments, 2);
        let partial = share.now(&[0]).expect("a sentence");
        assert!(
            partial.contains("shows partition 0 of the results"),
            "{partial}"
        );
        assert!(share.now(&[0, 1]).is_some());
    }
}
