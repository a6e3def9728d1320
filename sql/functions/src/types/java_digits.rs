//! Which digits does Java print where they are not the shortest ones? For powers of two, subnormal and very large numbers. Ref: OpenJDK 17
//! `FloatingDecimal.BinaryToASCIIBuffer.dtoa`: digits are generated until what is left is below half the distance to a
//! neighbour, the nearer one for a power of two, and in scientific form there are always two.

use num_bigint::BigUint;

/// The digits of `significand * 2^exponent`, above zero, and the exponent of the first; `is_power` when the number is a normal
/// power of two.
pub fn java_digits(buffer: &mut String, significand: u64, exponent: i32, is_power: bool) -> i32 {
    // The number and half the distance to its neighbour, over one denominator. Two bits of room for the halves.
    let two = BigUint::from(2u32);
    let shift = |bits: i32| two.pow(bits.unsigned_abs());
    let (mut number, mut unit, mut half) = if exponent >= 0 {
        (BigUint::from(significand) * shift(exponent) * 4u32, BigUint::from(4u32), shift(exponent) * 2u32)
    } else {
        (BigUint::from(significand) * 4u32, shift(exponent) * 4u32, BigUint::from(2u32))
    };
    if is_power {
        half /= 2u32;
    }
    let mut decimal_exponent = estimated_exponent(significand, exponent);
    if decimal_exponent >= 0 {
        unit *= BigUint::from(10u32).pow(decimal_exponent.unsigned_abs());
    } else {
        let power = BigUint::from(10u32).pow(decimal_exponent.unsigned_abs());
        number *= &power;
        half *= power;
    }
    let tens = &unit * 10u32;
    let mut digits: Vec<u8> = vec![];
    let mut next = |digits: &mut Vec<u8>| {
        let digit = digit_of(&(&number / &unit));
        number = (&number % &unit) * 10u32;
        half *= 10u32;
        let (is_low, is_high) = (number < half, &number + &half > tens);
        // The estimate was one too large.
        let is_missing = digits.is_empty() && digit == 0 && !is_high;
        if !is_missing {
            digits.push(digit);
        }
        (is_low, is_high, is_missing)
    };
    let (mut is_low, mut is_high, is_missing) = next(&mut digits);
    decimal_exponent -= i32::from(is_missing);
    if !(-3..8).contains(&decimal_exponent) {
        (is_low, is_high) = (false, false);
    }
    while !is_low && !is_high {
        (is_low, is_high, _) = next(&mut digits);
    }
    let doubled = &number * 2u32;
    let rounds_up = match (is_low, is_high) {
        (true, true) if doubled == tens => digits.last().is_some_and(|digit| digit % 2 == 1),
        (true, true) => doubled > tens,
        (_, is_high) => is_high,
    };
    if rounds_up {
        decimal_exponent += round_up(&mut digits);
    }
    buffer.extend(digits.iter().map(|digit| char::from(b'0' + digit)));
    buffer.truncate(buffer.trim_end_matches('0').len().max(1));
    decimal_exponent
}

/// The decimal exponent as Java guesses it: right or one too large, and what follows depends on which.
// Java's own constants: a closer one would guess otherwise where it matters.
#[allow(clippy::approx_constant)]
fn estimated_exponent(significand: u64, exponent: i32) -> i32 {
    let lead = 63 - significand.leading_zeros() as i32;
    let mantissa = significand as f64 / 2f64.powi(lead);
    ((mantissa - 1.5) * 0.289_529_654 + 0.176_091_259 + f64::from(exponent + lead) * 0.301_029_995_663_981).floor() as i32
}

/// Adds one to the last digit; 1 when that makes a digit more.
fn round_up(digits: &mut [u8]) -> i32 {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return 0;
        }
        *digit = 0;
    }
    if let Some(first) = digits.first_mut() {
        *first = 1;
    }
    1
}

/// The value of a number below ten.
fn digit_of(number: &BigUint) -> u8 {
    number.iter_u32_digits().next().unwrap_or(0) as u8
}
