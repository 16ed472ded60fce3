//! The schemas that a schema refers to in a registry: found in bounded time and memory, whoever registered them.

use std::collections::BTreeMap;

use crate::avro::MAX_TEXT_BYTES;

/// How many other schemas a schema may refer to, directly or by way of others. Each costs a request.
const MAX_SCHEMAS: usize = 64;

/// How long a chain of references may be.
const MAX_DEPTH: usize = 16;

/// One version of a subject, which another schema refers to. The type's name is in its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) subject: String,
    pub(super) version: u32,
}

/// The schema that a reference leads to.
#[derive(Debug)]
pub(super) struct Referenced {
    pub(super) text: String,
    pub(super) references: Vec<Reference>,
}

/// Why a schema's references cannot be resolved. Completes a sentence that begins with the schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unresolvable {
    #[error("refers to version {version} of {subject}, which the registry does not have as Avro")]
    Missing { subject: String, version: u32 },
    #[error("refers to itself by way of version {version} of {subject}")]
    Circle { subject: String, version: u32 },
    #[error("refers to more than {MAX_SCHEMAS} other schemas")]
    TooMany,
    #[error("refers to others that refer to others, more than {MAX_DEPTH} in a row")]
    TooDeep,
    #[error("has more than {MAX_TEXT_BYTES} bytes together with what it refers to")]
    TooLong,
}

/// How far the search has come with a reference.
enum Place {
    /// The schemas that it refers to itself are being looked up.
    Open,
    /// Its text is in the list.
    Listed,
}

/// What is still to be done about a reference.
enum Step {
    Look(Reference, usize),
    List(Reference, String),
}

/// The texts of all schemas that are referred to, each once, and each after those that it refers to itself. `look` asks
/// the registry.
pub(super) async fn collect<E>(
    references: Vec<Reference>,
    mut look: impl AsyncFnMut(&Reference) -> Result<Option<Referenced>, E>,
) -> Result<Result<Vec<String>, Unresolvable>, E> {
    let mut places: BTreeMap<Reference, Place> = BTreeMap::new();
    let mut texts = Vec::new();
    let mut bytes = 0;
    let mut steps = Vec::new();
    if references.len() > MAX_SCHEMAS {
        return Ok(Err(Unresolvable::TooMany));
    }
    push_all(&mut steps, references, 1);
    while let Some(step) = steps.pop() {
        let (reference, depth) = match step {
            Step::Look(reference, depth) => (reference, depth),
            Step::List(reference, text) => {
                places.insert(reference, Place::Listed);
                texts.push(text);
                continue;
            }
        };
        let Reference { subject, version } = reference.clone();
        match places.get(&reference) {
            Some(Place::Listed) => continue,
            Some(Place::Open) => return Ok(Err(Unresolvable::Circle { subject, version })),
            None if places.len() == MAX_SCHEMAS => return Ok(Err(Unresolvable::TooMany)),
            None if depth > MAX_DEPTH => return Ok(Err(Unresolvable::TooDeep)),
            None => {}
        }
        let Some(found) = look(&reference).await? else {
            return Ok(Err(Unresolvable::Missing { subject, version }));
        };
        bytes += found.text.len();
        if bytes > MAX_TEXT_BYTES {
            return Ok(Err(Unresolvable::TooLong));
        }
        if found.references.len() > MAX_SCHEMAS {
            return Ok(Err(Unresolvable::TooMany));
        }
        places.insert(reference.clone(), Place::Open);
        steps.push(Step::List(reference, found.text));
        push_all(&mut steps, found.references, depth + 1);
    }
    Ok(Ok(texts))
}

/// Pushes the references so that the first is looked up next.
fn push_all(steps: &mut Vec<Step>, references: Vec<Reference>, depth: usize) {
    let looks = references.into_iter().rev();
    steps.extend(looks.map(|reference| Step::Look(reference, depth)));
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;
    use std::future::ready;

    use futures_util::FutureExt as _;

    use super::{MAX_DEPTH, MAX_SCHEMAS, MAX_TEXT_BYTES, Reference, Referenced, Unresolvable};

    fn reference(version: usize) -> Reference {
        Reference {
            subject: "S".to_owned(),
            version: version as u32,
        }
    }

    /// Collects what version 0 refers to; `graph` says what each version refers to. Also returns how often `look` was
    /// called.
    fn collected(
        graph: impl Fn(usize) -> Option<Vec<usize>>,
    ) -> (Result<Vec<String>, Unresolvable>, usize) {
        let asked = Cell::new(0);
        let references = |of| graph(of).map(|to| to.into_iter().map(reference).collect::<Vec<_>>());
        let look = async |reference: &Reference| {
            asked.set(asked.get() + 1);
            let found = references(reference.version as usize).map(|references| Referenced {
                text: reference.version.to_string(),
                references,
            });
            ready(Ok::<_, Infallible>(found)).await
        };
        let Ok(collected) = super::collect(references(0).unwrap_or_default(), look)
            .now_or_never()
            .expect("nothing is waited for");
        (collected, asked.get())
    }

    #[test]
    fn each_comes_once_and_after_what_it_refers_to() {
        let (texts, asked) = collected(|of| {
            Some(match of {
                0 => vec![1, 2, 1],
                1 | 2 => vec![3, 4],
                3 => vec![4],
                _ => vec![],
            })
        });
        assert_eq!(texts, Ok(["4", "3", "1", "2"].map(str::to_owned).to_vec()));
        assert_eq!(asked, 4);
    }

    #[test]
    fn a_circle_is_named_wherever_it_closes() {
        let by_way_of = |version: u32| {
            Err(Unresolvable::Circle {
                subject: "S".to_owned(),
                version,
            })
        };
        assert_eq!(collected(|_| Some(vec![1])).0, by_way_of(1));
        assert_eq!(collected(|of| Some(vec![of % 3 + 1])).0, by_way_of(1));
    }

    #[test]
    fn what_is_missing_is_named() {
        let (outcome, _) = collected(|of| (of < 2).then(|| vec![of + 1]));
        let missing = Unresolvable::Missing {
            subject: "S".to_owned(),
            version: 2,
        };
        assert_eq!(outcome, Err(missing));
    }

    #[test]
    fn as_many_and_as_deep_as_one_likes_is_refused_before_it_is_asked_for() {
        let (outcome, asked) = collected(|of| Some(vec![of + 1]));
        assert_eq!((outcome, asked), (Err(Unresolvable::TooDeep), MAX_DEPTH));
        let many = |of| Some(if of == 0 { (1..=65).collect() } else { vec![] });
        assert_eq!(collected(many), (Err(Unresolvable::TooMany), 0));
        let tree = |of| Some((1..=8).map(|child| 8 * of + child).collect());
        let (outcome, asked) = collected(|of| if of < 100 { tree(of) } else { Some(vec![]) });
        assert_eq!((outcome, asked), (Err(Unresolvable::TooMany), MAX_SCHEMAS));
    }

    #[test]
    fn a_chain_as_deep_as_is_allowed_and_as_many_as_are_allowed_are_collected() {
        let chain = |of| Some(if of < MAX_DEPTH { vec![of + 1] } else { vec![] });
        assert_eq!(collected(chain).0.map(|texts| texts.len()), Ok(MAX_DEPTH));
        let many = |of| Some(if of == 0 { (1..=64).collect() } else { vec![] });
        assert_eq!(collected(many).0.map(|texts| texts.len()), Ok(MAX_SCHEMAS));
    }

    #[test]
    fn long_texts_are_not_gathered() {
        let look = async |_: &Reference| {
            ready(Ok::<_, Infallible>(Some(Referenced {
                text: " ".repeat(MAX_TEXT_BYTES / 2 + 1),
                references: vec![],
            })))
            .await
        };
        let collected = super::collect(vec![reference(1), reference(2)], look).now_or_never();
        assert_eq!(collected, Some(Ok(Err(Unresolvable::TooLong))));
    }
}
