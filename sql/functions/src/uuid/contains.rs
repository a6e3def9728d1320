//! `contains(network, address)`: is an IP address in a network of CIDR notation? Ref: Trino 401 `IpAddressFunctions`.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray};

use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const FUNCTION: Function = Function {
    name: "contains",
    description: "Is an IP address in a network?",
    overloads: &[Overload::scalar("(varchar, ipaddress) -> boolean", contains)],
    examples: &[("contains('10.0.0.0/8', IPADDRESS '10.1.2.3')", "true")],
    ..Function::SCALAR
};

/// The network's first address as a number, the length of addresses in bits, and of the prefix.
fn parse_network(text: &str) -> Result<(u128, u32, u32), FunctionError> {
    let invalid = FunctionError::argument;
    let (base, prefix) = text.split_once('/').ok_or_else(|| invalid("Invalid CIDR"))?;
    let address: IpAddr = base.parse().map_err(|_| invalid("Invalid network IP address"))?;
    let (base, bits) = number(address);
    let prefix: i32 = prefix.parse().map_err(|_| invalid("Invalid prefix length"))?;
    let prefix = u32::try_from(prefix).map_err(|_| invalid("Invalid prefix length"))?;
    if prefix > bits {
        return Err(invalid("Prefix length exceeds address length"));
    }
    // Only IPv4 networks are held to having nothing after the prefix.
    if bits == 32 && base & !mask(prefix, bits) != 0 {
        return Err(invalid("Invalid CIDR"));
    }
    Ok((base, bits, prefix))
}

fn number(address: IpAddr) -> (u128, u32) {
    match address.to_canonical() {
        IpAddr::V4(short) => (u128::from(u32::from(short)), 32),
        IpAddr::V6(long) => (u128::from(long), 128),
    }
}

/// The bits of a prefix, among `bits`.
fn mask(prefix: u32, bits: u32) -> u128 {
    let all = if bits == 128 { u128::MAX } else { (1 << bits) - 1 };
    if prefix == 0 { 0 } else { all & (all << (bits - prefix)) }
}

fn contains(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (networks, addresses) = (arguments[0].as_string_view(), arguments[1].as_fixed_size_binary());
    let constant = call.constant(0).map(|network| parse_network(network.as_string_view().value(0))).transpose()?;
    let answers = (0..call.rows()).map(|row| {
        let (base, bits, prefix) = match constant {
            Some(network) => network,
            None => parse_network(networks.value(row))?,
        };
        let octets = <[u8; 16]>::try_from(addresses.value(row)).map_err(|_| FunctionError::internal("an address has 16 bytes"))?;
        let (address, address_bits) = number(IpAddr::V6(Ipv6Addr::from(octets)));
        if address_bits != bits {
            return Err(FunctionError::argument("IP address version should be the same"));
        }
        let mask = mask(prefix, bits);
        Ok(Some(base & mask == address & mask))
    });
    Ok(Arc::new(answers.collect::<Result<BooleanArray, FunctionError>>()?))
}
