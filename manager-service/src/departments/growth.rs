//! Which topics need another partition for a new department.

use std::collections::BTreeMap;
use std::sync::Arc;

use timeoff_contract::TopicNames;
use timeoff_models::{Department, Departments, counted};

/// Why no department is added.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAdded {
    /// It is in the list, and no topic lags behind.
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

/// What adding a department takes, or completing the topics for those that are there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    /// The list with it.
    pub list: Departments,
    /// Its partition.
    pub partition: i32,
    /// The topics that get more partitions, in this order: applications last. They do not have it if the department is
    /// not new.
    pub topics: Vec<Arc<str>>,
    /// How many partitions these get.
    pub partitions: i32,
}

/// Works out what a new department needs from how many partitions the topics have. A topic that has a
/// partition for each department gets one more. A results or dead letters topic that somebody made with fewer is left as
/// it is, and several departments go on sharing a partition. Those of commands and the ledger cannot be shared: if they
/// lag behind, they are completed, also for a department that is there.
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
    let named = i32::try_from(departments.len()).unwrap_or(i32::MAX);
    let topic = names.applications.clone();
    let applications = partitions.get(&topic).copied();
    let has_fewer_than = |wanted: i32, topic: &Arc<str>| {
        let has = partitions.get(topic);
        has.is_some_and(|&has| has < wanted)
    };
    if let Some(partition) = departments.partition_of(&department) {
        let there = applications.unwrap_or(0);
        let lagging: Vec<Arc<str>> = [&names.commands, &names.ledger]
            .into_iter()
            .filter(|topic| has_fewer_than(there, topic))
            .cloned()
            .collect();
        if there != named || lagging.is_empty() {
            return Err(NotAdded::IsThere {
                department,
                partition,
                departments,
            });
        }
        return Ok(Growth {
            list: departments,
            partition,
            topics: lagging,
            partitions: there,
        });
    }
    let list = departments.with(&department);
    match applications {
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
    let shared = [&names.results, &names.dead_letters].into_iter();
    let shared = shared.filter(|topic| partitions.get(*topic) == Some(&named));
    let of_the_ledger = [&names.commands, &names.ledger].into_iter();
    let of_the_ledger = of_the_ledger.filter(|topic| has_fewer_than(named + 1, topic));
    let mut topics: Vec<Arc<str>> = shared.chain(of_the_ledger).cloned().collect();
    topics.push(topic);
    Ok(Growth {
        list,
        partition: named,
        topics,
        partitions: named + 1,
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
            // Somebody has made applications grow alone.
            ([3, 3, 3, 2, 1], &all[..]),
        ] {
            let growth = with("HR,IT,OPS", sizes.map(Some)).expect("they fit");
            assert_eq!(growth.list.to_string(), "HR,IT,OPS,SALES");
            assert_eq!(growth.partition, 3);
            let topics: Vec<&str> = growth.topics.iter().map(|topic| &**topic).collect();
            assert_eq!(topics, grown, "{sizes:?}");
        }
    }

    #[test]
    fn commands_and_the_ledger_that_lag_behind_are_completed_for_a_department_that_is_there() {
        for (sizes, grown) in [
            ([4, 4, 4, 3, 3], &["leave-commands", "leave-ledger"][..]),
            ([4, 4, 4, 4, 3], &["leave-ledger"]),
            ([4, 1, 1, 1, 4], &["leave-commands"]),
        ] {
            let growth = with("HR,IT,OPS,SALES", sizes.map(Some)).expect("they fit");
            assert_eq!(growth.list.to_string(), "HR,IT,OPS,SALES");
            assert_eq!((growth.partition, growth.partitions), (3, 4));
            let topics: Vec<&str> = growth.topics.iter().map(|topic| &**topic).collect();
            assert_eq!(topics, grown, "{sizes:?}");
        }
        // A list that does not name every partition would be a wrong one to go on with.
        let short = with("HR,SALES,OPS", [4, 4, 4, 3, 3].map(Some));
        assert!(matches!(short, Err(NotAdded::IsThere { .. })), "{short:?}");
        let none = with("HR,IT,OPS,SALES", [Some(4), Some(4), Some(4), None, None]);
        assert!(matches!(none, Err(NotAdded::IsThere { .. })), "{none:?}");
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
