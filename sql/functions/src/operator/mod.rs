//! Which operators exist, and for which types? Ref: Trino 401 `io.trino.type` operators. A descriptor each, named `$…`.

pub mod compare;
mod comparison;
mod decimal;
mod float;
mod integer;
pub mod like;
pub mod native;
mod sequence;
pub mod subscript;
mod temporal;

use crate::function::{Constants, Function, Nulls, Overload};

pub use native::is_native;

/// Vectorised kernels that see nulls and constants as they are.
const ARITHMETIC: Function = Function { nulls: Nulls::Propagated, constants: Constants::Single, ..Function::SCALAR };

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &ADD,
    &SUBTRACT,
    &MULTIPLY,
    &DIVIDE,
    &MODULUS,
    &NEGATE,
    &comparison::EQUAL,
    &comparison::NOT_EQUAL,
    &comparison::LESS_THAN,
    &comparison::LESS_THAN_OR_EQUAL,
    &comparison::GREATER_THAN,
    &comparison::GREATER_THAN_OR_EQUAL,
    &comparison::IS_DISTINCT_FROM,
    &subscript::FUNCTION,
    &like::FUNCTION,
];

/// The overloads of an operator stand in the order in which Trino registers them, as the text of an ambiguous call lists them.
pub const ADD: Function = Function {
    name: "$add",
    overloads: &[
        Overload::scalar("(bigint, bigint) -> bigint", integer::add),
        Overload::scalar("(integer, integer) -> integer", integer::add),
        Overload::scalar("(smallint, smallint) -> smallint", integer::add),
        Overload::scalar("(tinyint, tinyint) -> tinyint", integer::add),
        Overload::scalar("(double, double) -> double", float::add),
        Overload::scalar("(real, real) -> real", float::add),
        Overload::scalar("(interval day to second, interval day to second) -> interval day to second", temporal::add_intervals),
        Overload::scalar("(interval year to month, interval year to month) -> interval year to month", temporal::add_intervals),
        Overload::scalar("(date, interval year to month) -> date", temporal::add),
        Overload::scalar("(date, interval day to second) -> date", temporal::add),
        Overload::scalar("(interval day to second, date) -> date", temporal::add),
        Overload::scalar("(interval year to month, date) -> date", temporal::add),
        Overload::scalar("(decimal(p,s), decimal(q,t)) -> decimal(min(38, max(p - s, q - t) + max(s, t) + 1), max(s, t))", decimal::add),
        Overload::scalar("(timestamp(p), interval day to second) -> timestamp(max(3, p))", temporal::add),
        Overload::scalar("(interval day to second, timestamp(p)) -> timestamp(max(3, p))", temporal::add),
        Overload::scalar("(timestamp(p), interval year to month) -> timestamp(p)", temporal::add),
        Overload::scalar("(interval year to month, timestamp(p)) -> timestamp(p)", temporal::add),
        Overload::scalar("(timestamp(p) with time zone, interval day to second) -> timestamp(max(3, p)) with time zone", temporal::add),
        Overload::scalar("(interval day to second, timestamp(p) with time zone) -> timestamp(max(3, p)) with time zone", temporal::add),
        Overload::scalar("(timestamp(p) with time zone, interval year to month) -> timestamp(p) with time zone", temporal::add),
        Overload::scalar("(interval year to month, timestamp(p) with time zone) -> timestamp(p) with time zone", temporal::add),
        Overload::scalar("(time(p), interval day to second) -> time(max(3, p))", temporal::add),
        Overload::scalar("(interval day to second, time(p)) -> time(max(3, p))", temporal::add),
        Overload::scalar("(time(p) with time zone, interval day to second) -> time(max(3, p)) with time zone", temporal::add),
        Overload::scalar("(interval day to second, time(p) with time zone) -> time(max(3, p)) with time zone", temporal::add),
    ],
    ..ARITHMETIC
};

pub const SUBTRACT: Function = Function {
    name: "$subtract",
    overloads: &[
        Overload::scalar("(bigint, bigint) -> bigint", integer::subtract),
        Overload::scalar("(integer, integer) -> integer", integer::subtract),
        Overload::scalar("(smallint, smallint) -> smallint", integer::subtract),
        Overload::scalar("(tinyint, tinyint) -> tinyint", integer::subtract),
        Overload::scalar("(double, double) -> double", float::subtract),
        Overload::scalar("(real, real) -> real", float::subtract),
        Overload::scalar("(interval day to second, interval day to second) -> interval day to second", temporal::subtract_intervals),
        Overload::scalar("(interval year to month, interval year to month) -> interval year to month", temporal::subtract_intervals),
        Overload::scalar("(date, interval day to second) -> date", temporal::subtract),
        Overload::scalar("(date, interval year to month) -> date", temporal::subtract),
        Overload::scalar("(date, date) -> interval day to second", temporal::difference),
        Overload::scalar(
            "(decimal(p,s), decimal(q,t)) -> decimal(min(38, max(p - s, q - t) + max(s, t) + 1), max(s, t))",
            decimal::subtract,
        ),
        Overload::scalar("(timestamp(p), interval day to second) -> timestamp(max(3, p))", temporal::subtract),
        Overload::scalar("(timestamp(p), interval year to month) -> timestamp(p)", temporal::subtract),
        Overload::scalar("(timestamp(p), timestamp(p)) -> interval day to second", temporal::difference),
        Overload::scalar(
            "(timestamp(p) with time zone, interval day to second) -> timestamp(max(3, p)) with time zone",
            temporal::subtract,
        ),
        Overload::scalar("(timestamp(p) with time zone, interval year to month) -> timestamp(p) with time zone", temporal::subtract),
        Overload::scalar("(timestamp(p) with time zone, timestamp(p) with time zone) -> interval day to second", temporal::difference),
        Overload::scalar("(time(p), time(p)) -> interval day to second", temporal::difference),
        Overload::scalar("(time(p), interval day to second) -> time(max(3, p))", temporal::subtract),
        Overload::scalar("(time(p) with time zone, interval day to second) -> time(max(3, p)) with time zone", temporal::subtract),
        Overload::scalar("(time(p) with time zone, time(p) with time zone) -> interval day to second", temporal::difference),
    ],
    ..ARITHMETIC
};

pub const MULTIPLY: Function = Function {
    name: "$multiply",
    overloads: &[
        Overload::scalar("(bigint, bigint) -> bigint", integer::multiply),
        Overload::scalar("(integer, integer) -> integer", integer::multiply),
        Overload::scalar("(smallint, smallint) -> smallint", integer::multiply),
        Overload::scalar("(tinyint, tinyint) -> tinyint", integer::multiply),
        Overload::scalar("(double, double) -> double", float::multiply),
        Overload::scalar("(real, real) -> real", float::multiply),
        Overload::scalar("(interval day to second, bigint) -> interval day to second", temporal::multiply),
        Overload::scalar("(interval day to second, double) -> interval day to second", temporal::multiply),
        Overload::scalar("(bigint, interval day to second) -> interval day to second", temporal::multiply),
        Overload::scalar("(double, interval day to second) -> interval day to second", temporal::multiply),
        Overload::scalar("(interval year to month, bigint) -> interval year to month", temporal::multiply),
        Overload::scalar("(interval year to month, double) -> interval year to month", temporal::multiply),
        Overload::scalar("(bigint, interval year to month) -> interval year to month", temporal::multiply),
        Overload::scalar("(double, interval year to month) -> interval year to month", temporal::multiply),
        Overload::scalar("(decimal(p,s), decimal(q,t)) -> decimal(min(38, p + q), s + t)", decimal::multiply),
    ],
    ..ARITHMETIC
};

pub const DIVIDE: Function = Function {
    name: "$divide",
    overloads: &[
        Overload::scalar("(bigint, bigint) -> bigint", integer::divide),
        Overload::scalar("(integer, integer) -> integer", integer::divide),
        Overload::scalar("(smallint, smallint) -> smallint", integer::divide),
        Overload::scalar("(tinyint, tinyint) -> tinyint", integer::divide),
        Overload::scalar("(double, double) -> double", float::divide),
        Overload::scalar("(real, real) -> real", float::divide),
        Overload::scalar("(interval day to second, double) -> interval day to second", temporal::divide),
        Overload::scalar("(interval year to month, double) -> interval year to month", temporal::divide),
        Overload::scalar("(decimal(p,s), decimal(q,t)) -> decimal(min(38, p + t + max(t - s, 0)), max(s, t))", decimal::divide),
    ],
    ..ARITHMETIC
};

pub const MODULUS: Function = Function {
    name: "$modulus",
    overloads: &[
        Overload::scalar("(bigint, bigint) -> bigint", integer::modulus),
        Overload::scalar("(integer, integer) -> integer", integer::modulus),
        Overload::scalar("(smallint, smallint) -> smallint", integer::modulus),
        Overload::scalar("(tinyint, tinyint) -> tinyint", integer::modulus),
        Overload::scalar("(double, double) -> double", float::modulus),
        Overload::scalar("(real, real) -> real", float::modulus),
        Overload::scalar("(decimal(p,s), decimal(q,t)) -> decimal(min(q - t, p - s) + max(s, t), max(s, t))", decimal::modulus),
    ],
    ..ARITHMETIC
};

pub const NEGATE: Function = Function {
    name: "$negate",
    overloads: &[
        Overload::scalar("(bigint) -> bigint", integer::negate),
        Overload::scalar("(integer) -> integer", integer::negate),
        Overload::scalar("(smallint) -> smallint", integer::negate),
        Overload::scalar("(tinyint) -> tinyint", integer::negate),
        Overload::scalar("(double) -> double", float::negate),
        Overload::scalar("(real) -> real", float::negate),
        Overload::scalar("(interval day to second) -> interval day to second", temporal::negate),
        Overload::scalar("(interval year to month) -> interval year to month", temporal::negate),
        Overload::scalar("(decimal(p,s)) -> decimal(p,s)", decimal::negate),
    ],
    ..ARITHMETIC
};
