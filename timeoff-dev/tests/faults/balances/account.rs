//! Whether minutes find entitlements, by Hall's theorem and not by a spread.

/// A day, as the number of days since 0001-01-01, a Monday.
pub(super) type Day = i64;

/// Minutes that can be taken from a day to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entitlement {
    pub(super) id: String,
    pub(super) minutes: i64,
    pub(super) from: Day,
    pub(super) until: Day,
}

/// What leave takes of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) day: Day,
    pub(super) minutes: i64,
    pub(super) half: Half,
}

/// Which half of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Both,
    Morning,
    Afternoon,
    Any,
}

/// The minutes that everybody works from Monday to Friday.
pub(super) const WORKS: i64 = 480;

/// Whether all that is taken finds an entitlement: for every choice of entitlements, the days that have no other must not
/// take more than these give. There are few entitlements.
pub(super) fn is_covered(entitlements: &[Entitlement], taken: &[Taken]) -> bool {
    (0..1_u32 << entitlements.len()).all(|choice| {
        let is_chosen = |place: usize| choice & 1 << place != 0;
        let others = |day: Day| {
            let mut usable = entitlements.iter().enumerate();
            usable.any(|(place, one)| !is_chosen(place) && (one.from..=one.until).contains(&day))
        };
        let given: i64 = entitlements
            .iter()
            .enumerate()
            .filter(|(place, _)| is_chosen(*place))
            .map(|(_, one)| one.minutes)
            .sum();
        let needed: i64 = taken
            .iter()
            .filter(|taken| !others(taken.day))
            .map(|taken| taken.minutes)
            .sum();
        needed <= given
    })
}

/// Whether leave takes the same time as other leave of the same person.
pub(super) fn collides(taken: &[Taken], others: &[Taken]) -> bool {
    taken.iter().any(|one| {
        let same_day: Vec<&Taken> = others.iter().filter(|other| other.day == one.day).collect();
        let minutes: i64 = same_day.iter().map(|other| other.minutes).sum();
        let is_same_half = same_day.iter().any(|other| match (one.half, other.half) {
            (Half::Both, _) | (_, Half::Both) => true,
            (Half::Any, _) | (_, Half::Any) => false,
            (one, other) => one == other,
        });
        is_same_half || minutes + one.minutes > WORKS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entitlement(minutes: i64, from: Day, until: Day) -> Entitlement {
        Entitlement {
            id: String::new(),
            minutes,
            from,
            until,
        }
    }

    fn taken(day: Day, minutes: i64, half: Half) -> Taken {
        Taken { day, minutes, half }
    }

    #[test]
    fn what_only_one_entitlement_covers_needs_that_one() {
        let two = [entitlement(480, 0, 10), entitlement(480, 5, 20)];
        let on = |days: &[Day]| -> Vec<Taken> {
            days.iter()
                .map(|&day| taken(day, 480, Half::Both))
                .collect()
        };
        assert!(is_covered(&two, &on(&[7, 8])));
        assert!(is_covered(&two, &on(&[1, 20])));
        assert!(!is_covered(&two, &on(&[1, 2])));
        assert!(!is_covered(&two, &on(&[7, 8, 9])));
        assert!(!is_covered(&two, &on(&[21])));
        assert!(!is_covered(&[], &on(&[1])));
        assert!(is_covered(&[], &[]));
    }

    #[test]
    fn a_half_collides_with_itself_and_with_all() {
        let morning = [taken(1, 240, Half::Morning)];
        assert!(collides(&morning, &morning));
        assert!(collides(&morning, &[taken(1, 480, Half::Both)]));
        assert!(!collides(&morning, &[taken(1, 240, Half::Afternoon)]));
        assert!(!collides(&morning, &[taken(2, 480, Half::Both)]));
        assert!(collides(
            &[taken(1, 300, Half::Any)],
            &[taken(1, 240, Half::Morning)]
        ));
        assert!(!collides(
            &[taken(1, 240, Half::Any)],
            &[taken(1, 240, Half::Morning)]
        ));
    }
}
