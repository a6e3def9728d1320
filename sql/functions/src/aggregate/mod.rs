//! Which aggregate functions exist? Ref: Trino 401 "Aggregate functions".
//!
//! | file | what |
//! |---|---|
//! | [`udaf`], [`collect`], [`sliding`] | how DataFusion runs an aggregate: groups, DISTINCT and ORDER BY, sliding frames |
//! | [`fold`], [`kept`], [`pick`], [`keyed`], [`sketched`] | how one is written: states a group, values kept, one entry a key, summaries |
//! | [`totals`] | `sum`, `avg` |
//! | [`extremes`], [`extremes_by`] | `min`, `max`; `min_by`, `max_by`, `arbitrary` |
//! | [`count`] | `count`, `count_if` |
//! | [`bits`] | `bool_and`, `bool_or`, `bitwise_…_agg`, `checksum` |
//! | [`moments`], [`regression`] | `variance`, `stddev`, `skewness`, `kurtosis`, `geometric_mean`; `covar_…`, `corr`, `regr_…` |
//! | [`array_agg`], [`map_agg`], [`histogram`] | `array_agg`, `listagg`; `map_agg`, `map_union`; `histogram`, `multimap_agg` |
//! | [`lists`] | the lists of `array_agg`: batches kept, put in order by group at the end |
//! | [`reduce_agg`] | what the engine makes of `array_agg` and `reduce` |
//! | [`approx_set`], [`approx_percentile`], [`approx_histogram`], [`digest_agg`] | approximate ones and those that give summaries |

mod approx_histogram;
mod approx_percentile;
mod approx_set;
mod array_agg;
mod bits;
pub mod collect;
mod count;
mod digest_agg;
mod extremes;
mod extremes_by;
pub mod fold;
mod histogram;
pub mod kept;
pub mod keyed;
mod lists;
mod map_agg;
mod moments;
pub mod pick;
mod reduce_agg;
mod regression;
pub mod sketched;
pub mod sliding;
mod sum;
pub mod totals;
pub mod udaf;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &count::COUNT,
    &count::COUNT_IF,
    &sum::SUM,
    &sum::AVG,
    &extremes::MIN,
    &extremes::MAX,
    &extremes_by::MIN_BY,
    &extremes_by::MAX_BY,
    &extremes_by::ARBITRARY,
    &bits::BOOL_AND,
    &bits::BOOL_OR,
    &bits::BITWISE_AND_AGG,
    &bits::BITWISE_OR_AGG,
    &bits::BITWISE_XOR_AGG,
    &bits::CHECKSUM,
    &moments::VAR_SAMP,
    &moments::VAR_POP,
    &moments::STDDEV_SAMP,
    &moments::STDDEV_POP,
    &moments::SKEWNESS,
    &moments::KURTOSIS,
    &moments::GEOMETRIC_MEAN,
    &regression::COVAR_POP,
    &regression::COVAR_SAMP,
    &regression::CORR,
    &regression::REGR_SLOPE,
    &regression::REGR_INTERCEPT,
    &reduce_agg::REDUCE_AGG,
    &array_agg::ARRAY_AGG,
    &array_agg::LISTAGG,
    &map_agg::MAP_AGG,
    &map_agg::MAP_UNION,
    &histogram::HISTOGRAM,
    &histogram::MULTIMAP_AGG,
    &approx_set::APPROX_DISTINCT,
    &approx_set::APPROX_SET,
    &approx_set::MERGE,
    &approx_percentile::APPROX_PERCENTILE,
    &approx_histogram::NUMERIC_HISTOGRAM,
    &approx_histogram::APPROX_MOST_FREQUENT,
    &digest_agg::TDIGEST_AGG,
    &digest_agg::QDIGEST_AGG,
    &digest_agg::MAKE_SET_DIGEST,
    &digest_agg::MERGE_SET_DIGEST,
];
