//! An account statement: typed input and output, with a name borrowed from the input.
//!
//! - Input, in postcard format: an [`Account`], then a list of bookings (`Vec<(String, i64)>`).
//! - Output, in postcard format: the account's name in capitals (`String`), then a [`Statement`].

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

extern crate alloc;

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};
use zonda_guest::{commit, entry, println, read};

entry!(main);

/// The account before the bookings.
#[derive(Deserialize)]
struct Account {
    name: &'static str,
    balance: i64,
    limit: Option<u32>,
}

/// The account after them.
#[derive(Debug, Serialize)]
struct Statement {
    balance: i64,
    lowest: i64,
    overdrawn: bool,
    /// What each booking was for, sorted.
    purposes: Vec<String>,
}

fn main() {
    let account: Account = read();
    let mut bookings: Vec<(String, i64)> = read();

    let mut balance = account.balance;
    let mut lowest = balance;
    for (_, amount) in &bookings {
        balance += amount;
        lowest = lowest.min(balance);
    }
    let overdrawn = account
        .limit
        .is_some_and(|limit| lowest < -i64::from(limit));
    bookings.sort();
    let purposes = bookings.into_iter().map(|(purpose, _)| purpose).collect();
    let statement = Statement {
        balance,
        lowest,
        overdrawn,
        purposes,
    };

    println!("{}: {statement:?}", account.name);
    commit(&account.name.to_uppercase());
    commit(&statement);
}
