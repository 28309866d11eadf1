//! One call of an EVM contract, by the interpreter `revm` under the rules of mainnet's Osaka.
//!
//! - Input, in postcard format: a [`Call`].
//! - Output, in postcard format: an [`Outcome`].
//!
//! A call that is no valid transaction, as with a gas limit below the intrinsic gas or above 2^24
//! (EIP-7825), ends the run with exit code 1.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

extern crate alloc;

mod effects;
mod keccak;

use alloc::vec::Vec;
use core::convert::Infallible;

use revm::{
    Context, ExecuteEvm, MainBuilder, MainContext,
    bytecode::Bytecode,
    context::TxEnv,
    context_interface::result::{EVMError, ExecutionResult, ResultAndState},
    database::InMemoryDB,
    primitives::{Address, Bytes, TxKind, U256, address, hardfork::SpecId, keccak256},
    state::AccountInfo,
};
use serde::{Deserialize, Serialize};
use zonda_guest::{commit, entry, input, read};

entry!(main);

/// Who calls: an account without code or balance, of nonce 0.
const CALLER: Address = address!("00000000000000000000000000000000000ca11e");
/// Whom: the only other account.
const CONTRACT: Address = address!("000000000000000000000000000000000000c0de");

/// What to run. Gas costs nothing, no value is sent, and the block is empty but for this.
#[derive(Deserialize)]
struct Call {
    gas_limit: u64,
    /// The contract's code as deployed.
    code: &'static [u8],
    calldata: &'static [u8],
    /// The contract's storage before: slots and values, big endian; all other slots are zero.
    storage: Vec<([u8; 32], [u8; 32])>,
}

/// What came of it.
#[derive(Serialize)]
struct Outcome<'a> {
    /// Keccak-256 of the whole input: what this is the outcome of.
    call: [u8; 32],
    status: Status,
    /// As in a receipt: intrinsic gas included, refunds deducted.
    gas_used: u64,
    /// What the contract returned, or reverted with.
    output: &'a [u8],
    /// What changed, see [`effects::digest`].
    effects: [u8; 32],
}

#[derive(Serialize)]
enum Status {
    Success,
    Revert,
    /// Out of gas, an invalid instruction and the like: all gas is used.
    Halt,
}

fn main() -> Result<(), EVMError<Infallible>> {
    let ResultAndState { result, state } = execute(read())?;
    commit(&Outcome {
        call: keccak256(input()).0,
        status: match result {
            ExecutionResult::Success { .. } => Status::Success,
            ExecutionResult::Revert { .. } => Status::Revert,
            ExecutionResult::Halt { .. } => Status::Halt,
        },
        gas_used: result.tx_gas_used(),
        output: result.output().map_or(&[], |output| output),
        effects: effects::digest(&state, result.logs()),
    });
    Ok(())
}

fn execute(call: Call) -> Result<ResultAndState, EVMError<Infallible>> {
    let mut database = InMemoryDB::default();
    let code = Bytecode::new_legacy(Bytes::from_static(call.code));
    database.insert_account_info(CONTRACT, AccountInfo::from_bytecode(code));
    for (slot, value) in call.storage {
        let [slot, value] = [slot, value].map(U256::from_be_bytes);
        database.insert_account_storage(CONTRACT, slot, value)?;
    }

    let transaction = TxEnv {
        caller: CALLER,
        kind: TxKind::Call(CONTRACT),
        data: Bytes::from_static(call.calldata),
        gas_limit: call.gas_limit,
        gas_price: 0,
        ..TxEnv::default()
    };
    Context::mainnet()
        .modify_cfg_chained(|cfg| cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA))
        .with_db(database)
        .build_mainnet()
        .transact(transaction)
}
