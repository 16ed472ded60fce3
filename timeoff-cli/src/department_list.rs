//! Departments by name instead of partitions by number.

use timeoff_models::Departments;

/// The departments of some partitions, as a person would list them: "HR, IT and OPS".
pub fn describe(departments: &Departments, partitions: &[i32]) -> String {
    let names: Vec<String> = partitions
        .iter()
        .map(|&partition| {
            departments.at(partition).map_or_else(
                || format!("partition {partition}"),
                |department| department.to_string(),
            )
        })
        .collect();
    match names.as_slice() {
        [] => "no department".to_owned(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::describe;
    use timeoff_models::Departments;

    #[test]
    fn departments_are_listed_as_a_person_would() {
        let departments = Departments::default();
        for (partitions, text) in [
            (&[][..], "no department"),
            (&[1], "IT"),
            (&[0, 2], "HR and OPS"),
            (&[0, 1, 2], "HR, IT and OPS"),
            (&[7], "partition 7"),
        ] {
            assert_eq!(describe(&departments, partitions), text);
        }
    }
}
