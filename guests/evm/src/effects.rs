//! What a call changed, as one digest.

use alloc::vec::Vec;

use revm::{
    primitives::{Log, keccak256},
    state::EvmState,
};

/// Keccak-256 of all that a call changed, and of its logs:
///
/// - the number of accounts, then of each one, in order of addresses: address, nonce, balance,
///   code hash, the number of slots whose value changed, and each of these in order: slot, value;
/// - the number of logs, then each one: address, number of topics, topics, length of the data, data.
///
/// Accounts are those whose nonce, balance, code or storage changed. Numbers are big endian, those of
/// the EVM 32 bytes long; nonces, counts and lengths 8.
pub fn digest(state: &EvmState, logs: &[Log]) -> [u8; 32] {
    let mut text = Vec::new();
    // Only an account made by the same call is destroyed by it (EIP-6780): nothing changed.
    let mut accounts: Vec<_> = state
        .iter()
        .filter(|(_, account)| !account.is_selfdestructed())
        .filter(|(_, account)| {
            account.is_changed() || account.changed_storage_slots().next().is_some()
        })
        .collect();
    accounts.sort_unstable_by_key(|(address, _)| **address);
    count(&mut text, accounts.len());
    for (address, account) in accounts {
        text.extend(address);
        text.extend(account.info.nonce.to_be_bytes());
        text.extend(account.info.balance.to_be_bytes::<32>());
        text.extend(account.info.code_hash);
        let mut slots: Vec<_> = account.changed_storage_slots().collect();
        slots.sort_unstable_by_key(|(slot, _)| **slot);
        count(&mut text, slots.len());
        for (slot, value) in slots {
            text.extend(slot.to_be_bytes::<32>());
            text.extend(value.present_value.to_be_bytes::<32>());
        }
    }
    count(&mut text, logs.len());
    for log in logs {
        text.extend(log.address);
        count(&mut text, log.topics().len());
        for topic in log.topics() {
            text.extend(topic);
        }
        count(&mut text, log.data.data.len());
        text.extend(&log.data.data);
    }
    keccak256(text).0
}

fn count(text: &mut Vec<u8>, number: usize) {
    text.extend((number as u64).to_be_bytes());
}
