//! Whose an application is, where an address goes from one person to another while it waits.

use timeoff_models::{ApplicationId, Outcome};

use super::office::{
    Office, change, day, email, enter, first_admin, id, leave, noon, of_address, person,
};
use crate::{Answer, Application, Fact, PersonId, Request, Role};

/// An application that bears Ken's address and was submitted on that day.
fn submitted_on(date: u32) -> Application<'static> {
    let address = email("ken");
    of_address(ApplicationId::new(&address, noon(date)), address)
}

fn approve(application: &Application<'_>) -> Request {
    Request::DecideApplication {
        application: application.id.clone().into_owned(),
        outcome: Outcome::Approved,
        comment: None,
        expected_version: None,
        accept_warnings: false,
    }
}

fn withdraw(application: &Application<'_>) -> Request {
    Request::WithdrawApplication {
        application: application.id.clone().into_owned(),
    }
}

/// Whose leave is booked if Grace approves it on the last day of January.
fn booked_for(office: &mut Office, application: &Application<'_>) -> Option<PersonId> {
    match office.done_on(31, "grace", approve(application)).event.fact {
        Fact::LeaveBooked(booked) => booked.person,
        other => panic!("not booked: {other:?}"),
    }
}

/// Ken (4) gives his address to Joan (5) on the 10th.
fn address_given_away() -> Office {
    let mut office = Office::staffed();
    office.done_on(10, "ada", change(person(4, "kenneth", Role::Employee)));
    office.done_on(10, "ada", change(person(5, "ken", Role::Employee)));
    office
}

#[test]
fn an_application_belongs_to_whoever_had_its_address_when_it_was_submitted() {
    for (date, whose) in [(9, 4), (10, 5), (11, 5)] {
        let mut office = address_given_away();
        let application = submitted_on(date);
        assert_eq!(
            booked_for(&mut office, &application),
            Some(id(whose)),
            "{date}"
        );
    }
}

#[test]
fn whoever_has_the_address_now_cannot_withdraw_what_another_asked_for() {
    let mut office = address_given_away();
    let application = submitted_on(9);
    assert_eq!(
        office.refusal_on(11, "ken", withdraw(&application)),
        "Only the employee who asked for this leave can withdraw it."
    );
    let done = office.done_on(11, "kenneth", withdraw(&application));
    assert_eq!(done.event.cause.by, Some(id(4)));
}

#[test]
fn an_address_that_is_changed_and_changed_back_stays_with_its_person() {
    let mut office = Office::staffed();
    office.done_on(10, "ada", change(person(4, "kenneth", Role::Employee)));
    office.done_on(20, "ada", change(person(4, "ken", Role::Employee)));
    for date in [9, 15, 21] {
        assert_eq!(
            booked_for(&mut office, &submitted_on(date)),
            Some(id(4)),
            "{date}"
        );
    }
}

#[test]
fn each_of_several_holders_has_what_was_submitted_in_their_time() {
    let mut office = address_given_away();
    office.done_on(20, "ada", change(person(5, "joan", Role::Employee)));
    office.done_on(20, "ada", change(person(4, "ken", Role::Employee)));
    for (date, whose) in [(9, 4), (15, 5), (25, 4)] {
        assert_eq!(
            booked_for(&mut office, &submitted_on(date)),
            Some(id(whose)),
            "{date}"
        );
    }
}

#[test]
fn a_successor_does_not_inherit_the_applications_of_whoever_left() {
    let mut office = Office::staffed();
    office.done("ada", leave(4, day(9)));
    office.done_on(15, "ada", enter(person(9, "ken", Role::Employee)));
    // Between the two nobody has the address: it counts as the last one's.
    for (date, whose) in [(8, 4), (12, 4), (16, 9)] {
        assert_eq!(
            booked_for(&mut office, &submitted_on(date)),
            Some(id(whose)),
            "{date}"
        );
    }
}

#[test]
fn whoever_comes_back_has_their_address_again() {
    let mut office = Office::staffed();
    office.done("ada", leave(4, day(5)));
    office.done_on(6, "ada", enter(person(9, "ken", Role::Employee)));
    office.done_on(6, "ada", leave(9, day(10)));
    office.done_on(12, "ada", leave(4, day(31)));
    for (date, whose) in [(5, 4), (8, 9), (13, 4)] {
        assert_eq!(
            booked_for(&mut office, &submitted_on(date)),
            Some(id(whose)),
            "{date}"
        );
    }
    // Somebody who has not left and is given a later last day gets nothing that is another's.
    office.done_on(14, "ada", leave(4, day(30)));
    assert_eq!(booked_for(&mut office, &submitted_on(14)), Some(id(4)));
}

#[test]
fn what_was_submitted_before_anybody_was_entered_belongs_to_the_first_with_the_address() {
    let mut office = Office::empty();
    office.done_on(5, "ada", first_admin(1, "ada"));
    for (number, name, role) in [(2, "grace", Role::Approver), (4, "ken", Role::Employee)] {
        office.done_on(5, "ada", enter(person(number, name, role)));
    }
    assert_eq!(booked_for(&mut office, &submitted_on(1)), Some(id(4)));
    office.done_on(10, "ada", leave(4, day(10)));
    office.done_on(11, "ada", enter(person(9, "ken", Role::Employee)));
    assert_eq!(booked_for(&mut office, &submitted_on(2)), Some(id(4)));
}

#[test]
fn an_application_that_does_not_say_when_belongs_to_the_latest_holder() {
    let office = address_given_away();
    let foreign = ApplicationId::from_key("4711");
    assert_eq!(office.state.applicant(&foreign, &email("ken")), Some(id(5)));
    assert_eq!(
        office.state.applicant(&foreign, &email("joan")),
        Some(id(5))
    );
    assert_eq!(office.state.applicant(&foreign, &email("eve")), None);
}

#[test]
fn a_commands_clock_that_is_behind_does_not_put_one_holder_before_another() {
    let mut office = Office::staffed();
    office.done_on(10, "ada", change(person(4, "kenneth", Role::Employee)));
    office.done_on(10, "ada", change(person(5, "ken", Role::Employee)));
    office.done_on(10, "ada", change(person(5, "joan", Role::Employee)));
    // Asked by somebody whose clock is behind, and carried out later.
    office.done_on(8, "ada", change(person(3, "ken", Role::Approver)));
    for (date, whose) in [(7, 4), (9, 4), (11, 3)] {
        let whose = Some(id(whose));
        let application = submitted_on(date);
        assert_eq!(
            office.state.applicant(&application.id, &email("ken")),
            whose,
            "{date}"
        );
    }
}

#[test]
fn the_addresses_of_an_applicant_are_all_that_they_have_had() {
    let mut office = address_given_away();
    let application = submitted_on(9);
    let names = |office: &Office, application: &Application<'_>| -> Vec<String> {
        let address = &application.leave.email;
        let found = office
            .state
            .addresses_of_applicant(&application.id, address);
        found
            .into_iter()
            .map(|email| email.as_str().to_owned())
            .collect()
    };
    assert_eq!(
        names(&office, &application),
        ["kenneth@example.com", "ken@example.com"]
    );
    assert_eq!(
        names(&office, &submitted_on(11)),
        ["ken@example.com", "joan@example.com"]
    );
    office.done_on(12, "ada", change(person(5, "joan", Role::Employee)));
    office.done_on(12, "ada", change(person(4, "ken", Role::Employee)));
    assert_eq!(
        names(&office, &application),
        ["ken@example.com", "kenneth@example.com"]
    );
    let unknown = super::office::application("eve");
    assert_eq!(names(&office, &unknown), ["eve@example.com"]);
}

/// As before: nobody decides on what may be their own, whoever had the address when.
#[test]
fn whoever_ever_had_the_address_does_not_decide() {
    let mut office = Office::staffed();
    office.done_on(10, "ada", change(person(4, "kenneth", Role::Employee)));
    office.done_on(10, "ada", change(person(3, "ken", Role::Approver)));
    let command = office.command("ken", 11, approve(&submitted_on(9)));
    assert!(matches!(office.answer(&command), Answer::Refused { .. }));
}

#[test]
fn an_id_of_another_program_that_ends_in_a_number_does_not_say_when() {
    let office = address_given_away();
    for key in ["REQ-2027-1042", "linus@example.com-1042"] {
        let whose = office
            .state
            .applicant(&ApplicationId::from_key(key), &email("ken"));
        assert_eq!(whose, Some(id(5)), "{key}");
    }
}

#[test]
fn an_address_that_was_given_by_a_clock_that_was_ahead_can_be_given_again() {
    let mut office = Office::staffed();
    office.done_on(28, "ada", change(person(4, "kenneth", Role::Employee)));
    office.done_on(28, "ada", change(person(5, "ken", Role::Employee)));
    assert_eq!(
        booked_for(&mut office, &submitted_on(20)),
        Some(id(4)),
        "by the clock that was ahead"
    );
    office.done_on(10, "ada", change(person(5, "joan", Role::Employee)));
    office.done_on(11, "ada", change(person(5, "ken", Role::Employee)));
    assert_eq!(booked_for(&mut office, &submitted_on(21)), Some(id(5)));
    assert_eq!(booked_for(&mut office, &submitted_on(9)), Some(id(4)));
}
