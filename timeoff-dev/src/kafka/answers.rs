//! What brokers answer, read from the bytes of Kafka's protocol.

/// An answer to a metadata request, version 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    /// The ids of the brokers that the answering broker considers alive.
    pub(super) brokers: Vec<i32>,
    /// -1 when none is known. A KRaft cluster names any of its brokers: clients have no use for the real controller.
    pub(super) controller: i32,
    pub(super) partitions: Vec<Partition>,
}

/// One partition of one of the topics that were asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Partition {
    pub(super) topic: String,
    pub(super) index: i32,
    /// -1 when there is none.
    pub(super) leader: i32,
    pub(super) replicas: Vec<i32>,
    pub(super) in_sync: Vec<i32>,
}

impl Partition {
    pub(super) fn is_in_sync(&self) -> bool {
        self.leader >= 0 && self.in_sync.len() == self.replicas.len()
    }
}

impl Metadata {
    /// `None` when the bytes are not such an answer.
    pub(super) fn parse(answer: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(answer);
        let brokers = bytes.list(|broker| {
            let id = broker.int()?;
            let (_host, _port, _rack) = (broker.text()?, broker.int()?, broker.text()?);
            Some(id)
        })?;
        let controller = bytes.int()?;
        let topics = bytes.list(topic)?;
        Some(Self {
            brokers,
            controller,
            partitions: topics.into_iter().flatten().collect(),
        })
    }
}

fn topic(bytes: &mut Bytes) -> Option<Vec<Partition>> {
    let _error = bytes.short()?;
    let topic = bytes.text()?;
    let _is_internal = bytes.take(1)?;
    bytes.list(|bytes| {
        let _error = bytes.short()?;
        Some(Partition {
            topic: topic.clone(),
            index: bytes.int()?,
            leader: bytes.int()?,
            replicas: bytes.list(Bytes::int)?,
            in_sync: bytes.list(Bytes::int)?,
        })
    })
}

/// The broker named by an answer to a find-coordinator request, version 1. `None` when it names none.
pub(super) fn coordinator(answer: &[u8]) -> Option<i32> {
    let mut bytes = Bytes(answer);
    let _throttle_ms = bytes.int()?;
    let error = bytes.short()?;
    let _message = bytes.text()?;
    let id = bytes.int()?;
    (error == 0).then_some(id)
}

/// The bytes still to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn short(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn int(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Empty for the null of the protocol, whose length is -1.
    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.short()?.max(0)).ok()?;
        Some(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.int()?.max(0);
        (0..length).map(|_| item(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Metadata, Partition, coordinator};

    const NULL: [u8; 2] = [0xff, 0xff];

    fn int(value: i32) -> [u8; 4] {
        value.to_be_bytes()
    }

    fn text(text: &str) -> Vec<u8> {
        [&(text.len() as i16).to_be_bytes()[..], text.as_bytes()].concat()
    }

    fn ints(values: &[i32]) -> Vec<u8> {
        let length = int(values.len() as i32);
        let values = values.iter().flat_map(|value| int(*value));
        length.into_iter().chain(values).collect()
    }

    fn broker(id: i32) -> Vec<u8> {
        [&int(id)[..], &text("127.0.0.1"), &int(20_000), &NULL].concat()
    }

    fn partition(index: i32, leader: i32, replicas: &[i32], in_sync: &[i32]) -> Vec<u8> {
        let (error, index, leader) = ([0, 0], int(index), int(leader));
        [&error[..], &index, &leader, &ints(replicas), &ints(in_sync)].concat()
    }

    fn metadata() -> Vec<u8> {
        let topic = [&[0, 0][..], &text("results"), &[0]].concat();
        [
            &int(2)[..],
            &broker(1),
            &broker(3),
            &int(3),
            &int(1),
            &topic,
            &int(2),
            &partition(0, 3, &[3, 1, 2], &[3, 1]),
            &partition(1, -1, &[2], &[]),
        ]
        .concat()
    }

    #[test]
    fn metadata_tell_who_is_alive_who_leads_and_who_keeps_up() {
        let partition = |index, leader, replicas: &[i32], in_sync: &[i32]| Partition {
            topic: "results".to_owned(),
            index,
            leader,
            replicas: replicas.to_vec(),
            in_sync: in_sync.to_vec(),
        };
        assert_eq!(
            Metadata::parse(&metadata()),
            Some(Metadata {
                brokers: vec![1, 3],
                controller: 3,
                partitions: vec![
                    partition(0, 3, &[3, 1, 2], &[3, 1]),
                    partition(1, -1, &[2], &[]),
                ],
            })
        );
        assert!(partition(0, 3, &[3, 1, 2], &[1, 2, 3]).is_in_sync());
        assert!(!partition(0, 3, &[3, 1, 2], &[3, 1]).is_in_sync());
        assert!(!partition(1, -1, &[2], &[2]).is_in_sync());
    }

    #[test]
    fn an_answer_that_breaks_off_anywhere_is_none() {
        let metadata = metadata();
        for length in 0..metadata.len() {
            assert_eq!(Metadata::parse(&metadata[..length]), None, "{length}");
        }
        assert_eq!(coordinator(&[0, 0, 0, 0, 0, 0, 0xff]), None);
    }

    #[test]
    fn a_coordinator_is_named_only_without_an_error() {
        let answer = |error: u8, id: i32| {
            let head = [&int(0)[..], &[0, error], &NULL].concat();
            [&head[..], &int(id), &text("127.0.0.1"), &int(20_000)].concat()
        };
        assert_eq!(coordinator(&answer(0, 2)), Some(2));
        assert_eq!(coordinator(&answer(15, -1)), None);
    }
}
