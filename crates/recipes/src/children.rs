//! Children with their data, read in one go.

use zookit_client::{Client, Error, NodeData};
use zookit_proto::path::join;

/// So many are read at once: there is a bound to what a client may ask at a time.
const AT_ONCE: usize = 256;

/// The data of those children, each with its name, in the order of these; who is not there any more
/// is left out.
///
/// # Errors
/// The client's, for the first that cannot be read.
///
/// # Cancel safety
/// Dropping the future changes nothing.
pub(crate) async fn data_of(
    client: &Client,
    parent: &str,
    names: &[String],
) -> Result<Vec<(String, NodeData)>, Error> {
    let mut found = Vec::with_capacity(names.len());
    for some in names.chunks(AT_ONCE) {
        let ask = |name: &String| client.get_data(&join(parent, name));
        let asked: Vec<_> = some.iter().map(ask).collect();
        for (name, node) in some.iter().zip(asked) {
            match node.await {
                Ok(node) => found.push((name.clone(), node)),
                Err(error) if error.is_no_node() => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(found)
}
