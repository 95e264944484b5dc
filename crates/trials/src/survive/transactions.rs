//! What the servers wrote to their transaction logs: the history itself.
//!
//! Facts: `FileTxnLog`, `FileHeader` and `TxnHeader` of Apache ZooKeeper. A file begins with a header
//! of 16 bytes (`ZKLG`, version, database); an entry is a checksum of 8 bytes, a length of 4, a
//! header of 32 (session, cxid, zxid, time, type), its record, and a byte `B`. Zeros follow the last.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use zookit_client::{SessionId, Zxid};
use zookit_ensemble::Cluster;

use super::verdict::Failure;

/// Of a transaction: what its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Transaction {
    pub(crate) session: SessionId,
    /// The number that the client gave its request.
    pub(crate) cxid: i32,
    /// By the leader's clock, in milliseconds since 1970.
    pub(crate) time_ms: i64,
    pub(crate) opcode: i32,
}

/// The type of a transaction that ends a session.
pub(crate) const CLOSE_SESSION: i32 = -11;

const HEAD: usize = 16;
const MAGIC: &[u8; 4] = b"ZKLG";

/// All transactions of all members' logs, by their numbers.
///
/// # Errors
/// A log cannot be read.
pub(crate) fn read(cluster: &Cluster) -> Result<BTreeMap<Zxid, Transaction>, Failure> {
    let mut all = BTreeMap::new();
    for server in cluster.servers() {
        let data = server.config()?.data_dir.ok_or("a server without a data directory")?;
        read_member(&data.join("version-2"), &mut all)?;
    }
    Ok(all)
}

fn read_member(directory: &Path, all: &mut BTreeMap<Zxid, Transaction>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("log.") {
            all.extend(parse(&fs::read(entry.path())?));
        }
    }
    Ok(())
}

/// The whole entries of a file; what is not whole was being written.
fn parse(file: &[u8]) -> Vec<(Zxid, Transaction)> {
    let mut transactions = Vec::new();
    let Some(mut rest) = file.strip_prefix(MAGIC).and_then(|rest| rest.get(HEAD - MAGIC.len()..))
    else {
        return transactions;
    };
    while let Some(transaction) = take_entry(&mut rest) {
        transactions.push(transaction);
    }
    transactions
}

fn take_entry(rest: &mut &[u8]) -> Option<(Zxid, Transaction)> {
    take::<8>(rest)?;
    let length = usize::try_from(i32::from_be_bytes(take(rest)?)).ok().filter(|it| *it > 0)?;
    let mut entry = rest.get(..length)?;
    // Behind it is the byte that says that it is whole.
    *rest = rest.get(length + 1..)?;
    let session = SessionId(i64::from_be_bytes(take(&mut entry)?));
    let cxid = i32::from_be_bytes(take(&mut entry)?);
    let zxid = Zxid(i64::from_be_bytes(take(&mut entry)?));
    let time_ms = i64::from_be_bytes(take(&mut entry)?);
    let opcode = i32::from_be_bytes(take(&mut entry)?);
    Some((zxid, Transaction { session, cxid, time_ms, opcode }))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

/// When each session ended, and by which transaction.
pub(crate) fn ends(all: &BTreeMap<Zxid, Transaction>) -> BTreeMap<SessionId, (Zxid, i64)> {
    let closes = all.iter().filter(|(_, one)| one.opcode == CLOSE_SESSION);
    closes.map(|(zxid, one)| (one.session, (*zxid, one.time_ms))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_entries_are_read_and_what_follows_is_not() {
        let mut file = Vec::from(*b"ZKLG\0\0\0\x02\0\0\0\0\0\0\0\0");
        let entry = |session: i64, zxid: i64, opcode: i32| {
            let mut body = Vec::new();
            body.extend(session.to_be_bytes());
            body.extend(7_i32.to_be_bytes());
            body.extend(zxid.to_be_bytes());
            body.extend(1000_i64.to_be_bytes());
            body.extend(opcode.to_be_bytes());
            body.extend(b"record");
            let mut entry = Vec::from(0_i64.to_be_bytes());
            entry.extend(i32::try_from(body.len()).unwrap().to_be_bytes());
            entry.extend(body);
            entry.push(b'B');
            entry
        };
        file.extend(entry(1, 10, 1));
        file.extend(entry(1, 11, CLOSE_SESSION));
        let cut = entry(2, 12, 1);
        file.extend(&cut[..20]);
        let all: BTreeMap<_, _> = parse(&file).into_iter().collect();
        let (session, cxid, time_ms) = (SessionId(1), 7, 1000);
        let first = Transaction { session, cxid, time_ms, opcode: 1 };
        assert_eq!(all.get(&Zxid(10)), Some(&first));
        assert_eq!(all.len(), 2);
        assert_eq!(ends(&all), BTreeMap::from([(SessionId(1), (Zxid(11), 1000))]));
        file.truncate(file.len() - 20);
        file.extend([0; 64]);
        assert_eq!(parse(&file).len(), 2);
        assert_eq!(parse(b"something else"), []);
    }
}
