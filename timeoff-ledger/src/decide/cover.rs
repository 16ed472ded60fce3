//! Whether enough people are there while somebody is away.

use super::leave::Assessed;
use crate::days::{Half, LeaveDay, WorkingDay};
use crate::policy::{Consequence, Cover, CoverLimit, Policy};
use crate::refusal::Broken;
use crate::state::{Crew, Entry, State};
use crate::working_time::{TermsOnDay, working_day};
use crate::{Date, Refusal};

impl State {
    pub(super) fn check_cover(
        &self,
        assessed: &Assessed<'_>,
        meet: &mut impl FnMut(Broken, Consequence) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let employee = self.people.at(assessed.employee);
        for (place, cover) in (0..).zip(assessed.policy.cover(&self.department)) {
            if !self.is_in_group(cover, employee) {
                continue;
            }
            let broken = assessed
                .days
                .iter()
                .find_map(|day| self.breaks(place, cover, assessed, *day));
            if let Some(broken) = broken {
                meet(broken, cover.then)?;
            }
        }
        Ok(())
    }

    /// Guests are not in a department's groups.
    fn is_in_group(&self, cover: &Cover, entry: &Entry) -> bool {
        entry.is_here
            && entry.department == self.department
            && cover
                .tag
                .as_ref()
                .is_none_or(|tag| tag.picks(&entry.person))
    }

    /// Whether the employee's absence on a day breaks the cover at that place in the policy.
    fn breaks(
        &self,
        place: usize,
        cover: &Cover,
        assessed: &Assessed<'_>,
        day: LeaveDay,
    ) -> Option<Broken> {
        let halves = match day.half {
            Half::Both | Half::Any => &[Half::Morning, Half::Afternoon][..],
            Half::Morning => &[Half::Morning],
            Half::Afternoon => &[Half::Afternoon],
        };
        let (date, policy) = (day.date, assessed.policy);
        let crew = self
            .crews
            .on(place, date, || self.count_crew(cover, policy, date));
        let works = |entry: &Entry, half| works_in(self.works(entry, Some(policy), date), half);
        // Where the employee does not work, nobody misses them: on the afternoon of half a holiday, say.
        let employee = self.people.at(assessed.employee);
        let is_missed = |half: &&Half| works(employee, **half);
        halves.iter().filter(is_missed).find_map(|&half| {
            // The employee is one of the group.
            let others = crew.in_half(half).saturating_sub(1);
            // In a large group nearly every leave is far from breaking anything.
            if others >= enough_working(cover.limit, self.absences.most_on(date)) {
                return None;
            }
            let away: Vec<&Entry> = self
                .absences
                .on(date, half)
                .into_iter()
                .filter(|&index| index != assessed.employee)
                .map(|index| self.people.at(index))
                .filter(|entry| self.is_in_group(cover, entry) && works(entry, half))
                .collect();
            let is_broken = others < enough_working(cover.limit, away.len());
            is_broken.then(|| Broken::Cover {
                date,
                group: cover.tag.as_ref().map_or_else(
                    || self.department.as_str().into(),
                    |tag| tag.as_str().into(),
                ),
                limit: cover.limit,
                present: others.saturating_sub(away.len()),
                away: away.iter().map(|entry| entry.person.name.clone()).collect(),
            })
        })
    }

    fn count_crew(&self, cover: &Cover, policy: &Policy, date: Date) -> Crew {
        // Many people work by the same terms.
        let mut known: Vec<(TermsOnDay<'_>, WorkingDay)> = Vec::new();
        let mut crew = Crew::default();
        let group = self.people.iter().map(|(_, entry)| entry);
        for entry in group.filter(|entry| self.is_in_group(cover, entry)) {
            let Some(terms) = entry.terms_on(date) else {
                continue;
            };
            let seen = known.iter().find(|(same, _)| *same == terms);
            let worked = seen.map(|(_, worked)| *worked).unwrap_or_else(|| {
                let worked = working_day(terms, Some(policy), date);
                known.push((terms, worked));
                worked
            });
            crew.morning += usize::from(works_in(worked, Half::Morning));
            crew.afternoon += usize::from(works_in(worked, Half::Afternoon));
        }
        crew
    }
}

impl Crew {
    fn in_half(self, half: Half) -> usize {
        match half {
            Half::Afternoon => self.afternoon,
            _ => self.morning,
        }
    }
}

fn works_in(day: WorkingDay, half: Half) -> bool {
    match half {
        Half::Afternoon => day.afternoon > 0,
        _ => day.morning > 0,
    }
}

/// How many others have to work, while so many of them are away, for the employee's absence to break nothing.
fn enough_working(limit: CoverLimit, away: usize) -> usize {
    match limit {
        CoverLimit::LeastPresent(least) => away + least as usize,
        // The employee works on that day, and is away.
        CoverLimit::LargestShareAbsent(percent) => {
            ((away + 1) * 100).div_ceil(usize::from(percent)) - 1
        }
    }
}
