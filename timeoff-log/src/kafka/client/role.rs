//! The roles of clients.

/// What a client is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Role<'a> {
    /// Appending, and asking about the cluster.
    Producer,
    /// Settling with outputs.
    Transactional { id: &'a str },
    /// Receiving records as a member of a group.
    Member {
        group: &'a str,
        /// How many deliveries it can have in its hands.
        in_hand: usize,
    },
    /// Reading without a group.
    Reader,
}

/// A role without the values of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Producer,
    Transactional,
    Member,
    Reader,
}

impl Role<'_> {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Role::Producer => Kind::Producer,
            Role::Transactional { .. } => Kind::Transactional,
            Role::Member { .. } => Kind::Member,
            Role::Reader => Kind::Reader,
        }
    }
}
