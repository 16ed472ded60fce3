//! Which topics need another partition for a new department.

use std::collections::BTreeMap;
use std::sync::Arc;

use timeoff_contract::TopicNames;
use timeoff_models::{Department, Departments, counted};

/// Why no department is added.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAdded {
    /// It is in the list.
    #[error("{department} is in the list already, as partition {partition}: {departments}")]
    IsThere {
        /// The department.
        department: Department,
        /// Its partition.
        partition: i32,
        /// The list.
        departments: Departments,
    },
    /// The topics do not exist yet.
    #[error("there is no topic {topic} yet; the first start with --departments {list} makes it")]
    NoTopic {
        /// The applications topic.
        topic: Arc<str>,
        /// The list with the new department.
        list: Departments,
    },
    /// The list names other departments for which the topics have no partition either.
    #[error(
        "topic {topic} has {}, but the list names more departments: {departments}; name only those that it has, in \
        their order (--departments), and add the others one after the other",
        counted(partitions.unsigned_abs().into(), "partition", "partitions")
    )]
    ListIsLonger {
        /// The applications topic.
        topic: Arc<str>,
        /// How many partitions it has.
        partitions: i32,
        /// The list.
        departments: Departments,
    },
    /// The topics have partitions for departments that the list does not name.
    #[error(
        "topic {topic} has {}, more than the list names departments: {departments}. If {department} was added before, \
        the list is now {list}; if not, name the department of each partition (--departments) and add {department} \
        then",
        counted(partitions.unsigned_abs().into(), "partition", "partitions")
    )]
    ListIsShorter {
        /// The applications topic.
        topic: Arc<str>,
        /// How many partitions it has.
        partitions: i32,
        /// The list.
        departments: Departments,
        /// The department.
        department: Department,
        /// The list with it.
        list: Departments,
    },
}

/// What adding a department takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    /// The list with it.
    pub list: Departments,
    /// Its partition.
    pub partition: i32,
    /// The topics that get that partition, in this order: applications last.
    pub topics: Vec<Arc<str>>,
}

/// Works out what a new department needs from how many partitions the topics have. A topic that has a
/// partition for each department gets one more. A results or dead letters topic that somebody made with fewer is left as
/// it is, and several departments go on sharing a partition.
///
/// # Errors
///
/// [`NotAdded`] if list and topics do not fit.
pub(crate) fn growth(
    department: &Department,
    departments: &Departments,
    names: &TopicNames,
    partitions: &BTreeMap<Arc<str>, i32>,
) -> Result<Growth, NotAdded> {
    let (department, departments) = (department.clone(), departments.clone());
    if let Some(partition) = departments.partition_of(&department) {
        return Err(NotAdded::IsThere {
            department,
            partition,
            departments,
        });
    }
    let list = departments.with(&department);
    let named = i32::try_from(departments.len()).unwrap_or(i32::MAX);
    let topic = names.applications.clone();
    match partitions.get(&topic).copied() {
        None => return Err(NotAdded::NoTopic { topic, list }),
        Some(partitions) if partitions < named => {
            return Err(NotAdded::ListIsLonger {
                topic,
                partitions,
                departments,
            });
        }
        Some(partitions) if partitions > named => {
            return Err(NotAdded::ListIsShorter {
                topic,
                partitions,
                departments,
                department,
                list,
            });
        }
        Some(_) => {}
    }
    let others = [
        &names.results,
        &names.dead_letters,
        &names.commands,
        &names.ledger,
    ];
    let mut topics: Vec<Arc<str>> = others
        .into_iter()
        .filter(|topic| partitions.get(*topic) == Some(&named))
        .cloned()
        .collect();
    topics.push(topic);
    Ok(Growth {
        list,
        partition: named,
        topics,
    })
}

#[cfg(test)]
mod tests {
    use super::{Growth, NotAdded, growth};
    use timeoff_contract::TopicNames;

    fn with(list: &str, sizes: [Option<i32>; 5]) -> Result<Growth, NotAdded> {
        let names = TopicNames::default();
        let topics = [
            &names.applications,
            &names.results,
            &names.dead_letters,
            &names.commands,
            &names.ledger,
        ];
        let partitions = topics
            .into_iter()
            .zip(sizes)
            .filter_map(|(topic, size)| Some((topic.clone(), size?)))
            .collect();
        let department = "SALES".parse().expect("a department");
        let departments = list.parse().expect("departments");
        growth(&department, &departments, &names, &partitions)
    }

    #[test]
    fn what_has_a_partition_for_each_department_gets_one_more_applications_last() {
        let all = [
            "leave-applications-results",
            "leave-applications-dead-letters",
            "leave-commands",
            "leave-ledger",
            "leave-applications",
        ];
        for (sizes, grown) in [
            ([3, 3, 3, 3, 3], &all[..]),
            // Somebody made a topic with fewer.
            ([3, 1, 3, 3, 3], &all[1..]),
            ([3, 2, 1, 3, 3], &all[2..]),
            // An earlier attempt was interrupted.
            ([3, 4, 3, 3, 3], &all[1..]),
            ([3, 4, 4, 3, 3], &all[2..]),
            ([3, 4, 4, 4, 3], &all[3..]),
            ([3, 4, 4, 4, 4], &all[4..]),
        ] {
            let growth = with("HR,IT,OPS", sizes.map(Some)).expect("they fit");
            assert_eq!(growth.list.to_string(), "HR,IT,OPS,SALES");
            assert_eq!(growth.partition, 3);
            let topics: Vec<&str> = growth.topics.iter().map(|topic| &**topic).collect();
            assert_eq!(topics, grown, "{sizes:?}");
        }
    }

    #[test]
    fn a_list_that_does_not_fit_the_topics_adds_nothing() {
        let told = |list: &str, sizes| with(list, sizes).expect_err(list).to_string();
        let three = [Some(3); 5];
        assert!(told("HR,SALES,OPS", three).contains("as partition 1"));
        assert!(told("HR,IT", [None; 5]).contains("--departments HR,IT,SALES makes it"));
        assert!(told("HR,IT,OPS,LEGAL", three).contains("name only those that it has"));
        let done = told("HR,IT,OPS", [Some(4); 5]);
        assert!(done.contains("the list is now HR,IT,OPS,SALES"), "{done}");
    }
}
