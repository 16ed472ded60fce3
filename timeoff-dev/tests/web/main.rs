//! The web service as programs meet it: real processes, HTTP over a socket, on each of the two logs.
//!
//! | file | what it has |
//! |---|---|
//! | `office` | a log with people on it, a manager who serves, a web service |
//! | `client` | a program that asks it |
//! | `browser` | stories in a real browser; what happens in it is in the folder `browser/` |
//! | `provider` | an OpenID Connect provider that can lie |
//! | `round_robin` | a reverse proxy in front of several services |
//! | `needed` | programs that stories need besides our own |
//! | the others | the stories |
//!
//! TIMEOFF_POSTS=10000 makes the story about a killed service as long as it is to be by hand, and
//! TIMEOFF_SCHEMATHESIS_SECONDS=150 the one about its description, and TIMEOFF_CUTS=200 the one about who follows.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod admin;
mod away;
mod balances;
mod browser;
mod calendars;
mod client;
mod described;
mod documented;
mod entitlements;
mod followed;
mod generated;
mod inbox;
mod journey;
mod killed;
mod log;
mod needed;
mod newcomer;
mod office;
mod oidc;
mod pages;
mod policies;
mod provider;
mod rights;
mod round_robin;
mod sign_in;
mod stopped;
mod tokens;
mod wallchart;

timeoff_testkit::on_both_logs! {
    browser {
        what_one_does_is_seen_by_the_other_where_they_are_and_takes_nothing_away,
        of_two_approvers_at_once_one_is_told_why_theirs_does_not_count,
        what_is_sent_while_no_manager_runs_is_shown_once_one_does,
        everything_can_be_done_without_javascript,
        everything_can_be_done_with_the_keyboard,
        no_page_has_a_barrier_or_asks_for_more_than_it_needs,
    }
    admin {
        an_admin_enters_changes_moves_and_sees_off_somebody_in_a_browser,
        whoever_stands_in_has_an_inbox_and_others_may_not_say_who_does,
        what_nobody_understands_is_shown_to_the_admins_of_its_department,
    }
    journey {
        what_is_posted_is_decided_and_everybody_who_may_see_it_sees_that,
        a_request_that_comes_again_gets_the_first_answer,
        of_two_requests_with_one_key_at_once_the_first_counts,
    }
    described {
        schemathesis_finds_nothing_in_anybodys_name,
    }
    followed {
        whoever_is_cut_off_again_and_again_is_told_everything_once_and_in_order,
    }
    log {
        the_page_of_the_log_shows_what_is_on_it_to_whom_it_concerns,
    }
    killed {
        what_is_posted_to_a_service_that_is_killed_again_and_again_is_queued_once,
        what_is_posted_to_two_services_that_are_killed_with_the_manager_is_decided_once,
    }
    stopped {
        a_service_that_is_stopped_under_load_answers_what_it_has_taken_in,
        whoever_waits_is_answered_when_the_service_stops,
    }
}
