//! What can be asked, and pages that stay in place while rows are added.

use std::collections::BTreeSet;

use timeoff_models::Outcome;
use timeoff_models::generated::{
    ApprovalDelegated, LeaveWithdrawn, LedgerRecord, PersonChanged, PersonLeft, PersonMoved,
};

use super::world::{START, World, booked, decide, entered, id_of, refused};
use crate::{
    ApplicationFilter, Cursor, Events, Page, PageRequest, PersonFilter, Queries, Status, Topic,
};

/// All rows, page by page. `between` is done after the first page.
async fn paged<T>(
    limit: u32,
    ask: impl Fn(&PageRequest) -> Page<T>,
    between: impl AsyncFnOnce(),
) -> Vec<T> {
    let mut request = PageRequest::first(limit);
    let mut rows = Vec::new();
    let mut between = Some(between);
    loop {
        let page = ask(&request);
        assert!(page.rows.len() <= limit as usize);
        rows.extend(page.rows);
        if let Some(between) = between.take() {
            between().await;
        }
        match page.next {
            // As it would come back in an address.
            Some(next) => request.after = Some(Cursor::parse(&next.to_string())),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn pages_of_applications_have_each_row_once_while_rows_are_added() {
    let world = World::new().await;
    world.fill(0, 60).await;
    world.catch_up(&world.view()).await;
    let queries = Queries::open(&world.view()).unwrap();
    let filters = [
        ApplicationFilter::default(),
        ApplicationFilter {
            status: Some(Status::Waiting),
            ..ApplicationFilter::default()
        },
        ApplicationFilter {
            department: Some("SALES".to_owned()),
            ..ApplicationFilter::default()
        },
        ApplicationFilter {
            email: Some("ada3@example.com".to_owned()),
            ..ApplicationFilter::default()
        },
        ApplicationFilter {
            from: Some(START + 5 * 864_000_000_000),
            to: Some(START + 9 * 864_000_000_000),
            ..ApplicationFilter::default()
        },
    ];
    for (round, filter) in filters.into_iter().enumerate() {
        let ask = |request: &PageRequest| queries.applications(&filter, request).unwrap();
        let there = ask(&PageRequest::first(1000)).rows;
        let fits = |found: &crate::Application| {
            filter.status.is_none_or(|status| found.status == status)
                && filter
                    .department
                    .as_ref()
                    .is_none_or(|name| found.department == *name)
                && filter
                    .email
                    .as_ref()
                    .is_none_or(|email| found.email == *email)
                && filter.from.is_none_or(|from| found.start >= from)
                && filter.to.is_none_or(|to| found.start <= to)
        };
        assert!(!there.is_empty() && there.iter().all(fits), "{filter:?}");
        let add = async || {
            world.fill(1_000 + round * 20, 20).await;
            world.catch_up(&world.view()).await;
        };
        let rows = paged(4, ask, add).await;
        let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids.len(), rows.len(), "a row came twice: {filter:?}");
        for row in &there {
            assert!(ids.contains(row.id.as_str()), "{filter:?}");
        }
    }
    let all = queries
        .applications(&ApplicationFilter::default(), &PageRequest::first(1000))
        .unwrap();
    assert_eq!(all.rows.len(), 160);
    let is_newest_first = |pair: &[crate::Application]| pair[0].appended_ms >= pair[1].appended_ms;
    assert!(all.rows.windows(2).all(is_newest_first));
}

#[tokio::test]
async fn an_application_says_what_became_of_it() {
    let world = World::new().await;
    let withdrawn = LeaveWithdrawn {
        command_id: Some("c2".into()),
        by: Some("p1".into()),
        at_ticks: START,
        application_id: id_of(2).into(),
        person_id: Some("p1".into()),
        known_offset: None,
    };
    let records = vec![
        world.application(0).await,
        world.application(1).await,
        world.application(2).await,
        world.result(1, Outcome::Approved).await,
        world.result(2, Outcome::Declined).await,
        world.event(2, withdrawn.into()).await,
    ];
    world.append(records).await;
    world.catch_up(&world.view()).await;
    let queries = Queries::open(&world.view()).unwrap();
    let found = |index| queries.application(&id_of(index)).unwrap().unwrap();
    assert_eq!(found(0).status, Status::Waiting);
    assert_eq!(found(0).decided_by, None);
    assert_eq!(found(0).submitted_at, Some(START));
    let approved = found(1);
    assert_eq!(approved.status, Status::Approved);
    assert_eq!(approved.decided_by.as_deref(), Some("Grace Hopper"));
    assert_eq!(approved.decided_at, Some(START + 5));
    assert_eq!(approved.comment.as_deref(), Some("Enjoy."));
    assert_eq!((approved.partition, approved.offset), (1, 0));
    assert_eq!(found(2).status, Status::Withdrawn);
    assert_eq!(queries.application("nobody's").unwrap(), None);
    let events = queries.events_of(Events::Application(&id_of(2)), &PageRequest::first(10));
    let events = events.unwrap().rows;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, "LeaveWithdrawn");
    assert!(
        events[0].fields.contains(r#""KnownOffset":null"#),
        "{}",
        events[0].fields
    );
}

/// An edit gives the leave back that it replaces, so nobody is away by both.
#[tokio::test]
async fn leave_that_another_one_replaces_is_not_booked_any_more() {
    let world = World::new().await;
    let mut event = booked("c1", 3);
    if let LedgerRecord::LeaveBooked(booked) = &mut event {
        booked.replaces = Some(id_of(0).into());
    }
    let records = vec![
        world.application(0).await,
        world.application(3).await,
        world.result(0, Outcome::Approved).await,
        world.result(3, Outcome::Approved).await,
        world.event(0, event).await,
    ];
    world.append(records).await;
    world.catch_up(&world.view()).await;
    let queries = Queries::open(&world.view()).unwrap();
    let status = |index| queries.application(&id_of(index)).unwrap().unwrap().status;
    assert_eq!(status(0), Status::Withdrawn);
    assert_eq!(status(3), Status::Approved);
}

#[tokio::test]
async fn a_command_has_its_answer_once_there_is_one() {
    let world = World::new().await;
    let records = vec![
        world.command(0, decide("c0", 0)).await,
        world.command(1, decide("c1", 1)).await,
        world.command(2, decide("c2", 2)).await,
        world.command(2, decide("c2", 2)).await,
        world.event(0, booked("c0", 0)).await,
        world.event(1, refused("c1", 1)).await,
    ];
    world.append(records).await;
    world.catch_up(&world.view()).await;
    let queries = Queries::open(&world.view()).unwrap();
    let asked = |id| queries.command(id).unwrap().unwrap();
    let carried_out = asked("c0").answer.unwrap();
    assert_eq!(
        (carried_out.refused, carried_out.event.as_str()),
        (None, "LeaveBooked")
    );
    let refused = asked("c1").answer.unwrap();
    assert_eq!(refused.refused.as_deref(), Some("It is decided."));
    assert_eq!((refused.partition, refused.offset), (1, 0));
    let open = asked("c2");
    assert_eq!((open.answer, open.partition, open.offset), (None, 2, 0));
    assert_eq!(
        (open.kind.as_str(), open.asked_by.as_str()),
        ("DecideApplication", "grace@example.com")
    );
    assert_eq!(open.application, Some(id_of(2)));
    assert_eq!(queries.command("c3").unwrap(), None);
}

#[tokio::test]
async fn people_are_who_the_ledger_says_they_are_wherever_they_have_moved() {
    let world = World::new().await;
    let changed = PersonChanged {
        command_id: None,
        by: None,
        at_ticks: START,
        person_id: "p1".into(),
        email: "grace@example.com".into(),
        name: "Grace".into(),
        role: "approver".into(),
        region: Some("DE-BY".into()),
        schedule: None,
        from_date_ticks: None,
        until_date_ticks: None,
        tags: "".into(),
        earlier_terms: None,
    };
    let moved = PersonMoved {
        command_id: None,
        by: None,
        at_ticks: START,
        person_id: "p2".into(),
        to_department: "HR".into(),
    };
    let left = PersonLeft {
        command_id: None,
        by: None,
        at_ticks: START,
        person_id: "p3".into(),
        last_date_ticks: START + 7,
    };
    let delegated = ApprovalDelegated {
        command_id: None,
        by: None,
        at_ticks: START,
        from_person_id: "p1".into(),
        to_person_id: "p2".into(),
        from_date_ticks: START,
        until_date_ticks: START + 9,
    };
    let records = vec![
        world.event(0, entered("p1", "SALES", None)).await,
        world.event(0, changed.into()).await,
        world.event(0, entered("p2", "SALES", None)).await,
        world.event(0, moved.into()).await,
        world.event(1, entered("p2", "HR", Some("SALES"))).await,
        world.event(2, entered("p3", "FINANCE", None)).await,
        world.event(2, left.into()).await,
        world.event(0, delegated.into()).await,
    ];
    world.append(records).await;
    world.catch_up(&world.view()).await;
    let queries = Queries::open(&world.view()).unwrap();
    let person = |key| queries.person(key).unwrap().unwrap();
    let grace = person("grace@example.com");
    assert_eq!((grace.id.as_str(), grace.role.as_str()), ("p1", "approver"));
    assert_eq!(grace.region.as_deref(), Some("DE-BY"));
    let mover = person("p2");
    assert_eq!((mover.department.as_str(), mover.partition), ("HR", 1));
    assert_eq!(mover.left_on, Some(START + 3));
    assert_eq!(person("p3").left_on, Some(START + 7));
    assert_eq!(queries.person("p1@example.com").unwrap(), None);

    let ask = |request: &PageRequest| queries.people(&PersonFilter::default(), request).unwrap();
    let ids: Vec<String> = paged(1, ask, async || ())
        .await
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(ids, ["p1", "p2", "p3"]);
    let in_hr = PersonFilter {
        department: Some("HR".to_owned()),
        ..PersonFilter::default()
    };
    let named = |text: &str| {
        let filter = PersonFilter {
            text: Some(text.to_owned()),
            by_name: true,
            ..PersonFilter::default()
        };
        let ask = |request: &PageRequest| queries.people(&filter, request).unwrap();
        let mut request = PageRequest::first(1);
        let mut ids = Vec::new();
        loop {
            let page = ask(&request);
            ids.extend(page.rows.into_iter().map(|one| one.id));
            match page.next {
                Some(next) => request.after = Some(Cursor::parse(&next.to_string())),
                None => return ids.join(" "),
            }
        }
    };
    // Ada, Ada and Grace Hopper.
    assert_eq!(named(""), "p2 p3 p1");
    assert_eq!(named("ADA"), "p2 p3");
    assert_eq!(named("P2@ex"), "p2");
    assert_eq!(named("%"), "");
    assert_eq!(
        queries
            .people(&in_hr, &PageRequest::first(10))
            .unwrap()
            .rows,
        [mover]
    );
    let here = |partition, of| queries.delegations_in(partition, of, 10).unwrap().len();
    assert_eq!(
        [
            here(0, None),
            here(0, Some("p1")),
            here(0, Some("p2")),
            here(0, Some("p3")),
            here(1, None)
        ],
        [1, 1, 1, 0, 0]
    );
    let delegations = queries
        .delegations(Some("p1"), &PageRequest::first(10))
        .unwrap();
    assert_eq!(delegations.rows[0].other_person, "p2");
    assert_eq!(delegations.rows[0].until_date, START + 9);

    let kinds = |events| {
        let ask = |request: &PageRequest| queries.events_of(events, request).unwrap();
        ask(&PageRequest::first(100))
            .rows
            .into_iter()
            .map(|one| one.kind)
            .collect::<Vec<_>>()
    };
    let of_mover = [
        "PersonEntered",
        "PersonMoved",
        "ApprovalDelegated",
        "PersonEntered",
    ];
    assert_eq!(kinds(Events::Person("p2")), of_mover);
    assert_eq!(kinds(Events::Partition(2)), ["PersonEntered", "PersonLeft"]);
    let of_first = |request: &PageRequest| {
        let events = Events::Partition(0);
        queries.events_of(events, request).unwrap()
    };
    assert_eq!(paged(2, of_first, async || ()).await.len(), 5);
    let all = paged(
        2,
        |request| queries.events_of(Events::All, request).unwrap(),
        async || (),
    )
    .await;
    assert_eq!(all.len(), 8);
    let position = queries.position().unwrap();
    let ends: Vec<_> = position
        .iter()
        .map(|one| (one.topic, one.partition, one.next))
        .collect();
    assert_eq!(
        ends,
        [
            (Topic::Ledger, 0, 5),
            (Topic::Ledger, 1, 1),
            (Topic::Ledger, 2, 2)
        ]
    );
}

#[tokio::test]
async fn absences_are_all_that_may_reach_a_period() {
    const DAY: i64 = 864_000_000_000;
    let world = World::new().await;
    world.fill(0, 160).await;
    world.catch_up(&world.view()).await;
    let queries = Queries::open(&world.view()).unwrap();
    let all = queries
        .applications(&ApplicationFilter::default(), &PageRequest::first(1000))
        .unwrap();
    let ids = |found: Vec<String>| found.into_iter().collect::<BTreeSet<_>>();
    let mut long = 0;
    for (partition, first_day) in
        (0..4).flat_map(|p| [-90, -1, 0, 15, 40, 66, 80, 100].map(|d| (p, d)))
    {
        let first = START - START.rem_euclid(DAY) + first_day * DAY;
        let last = first + 6 * DAY;
        let found = queries.absences(partition, (first, last), 1000).unwrap();
        for absence in &found {
            let application = queries.application(&absence.application).unwrap().unwrap();
            assert_eq!(absence.is_waiting, application.status == Status::Waiting);
            assert_eq!(absence.hours, application.hours);
        }
        let found = ids(found
            .into_iter()
            .map(|absence| absence.application)
            .collect());
        let open = all.rows.iter().filter(|application| {
            application.partition == partition
                && matches!(application.status, Status::Waiting | Status::Approved)
                && application.start < last + DAY
        });
        let (reaching, may_not): (Vec<_>, Vec<_>) = open.partition(|application| {
            application.start + i64::from(application.hours) * 7 / 8 * DAY >= first
        });
        long += reaching
            .iter()
            .filter(|there| there.start < first - 42 * DAY)
            .count();
        let reaching = ids(reaching.into_iter().map(|there| there.id.clone()).collect());
        let may_not = ids(may_not.into_iter().map(|there| there.id.clone()).collect());
        assert!(found.is_superset(&reaching), "{partition} {first_day}");
        assert!(found.is_subset(&(&reaching | &may_not)));
    }
    assert!(long > 0, "none came by the index of long leaves");
    assert_eq!(
        queries
            .absences(0, (START, START + 30 * DAY), 2)
            .unwrap()
            .len(),
        2
    );
}
