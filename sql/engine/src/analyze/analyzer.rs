//! What does one analysis carry along? Symbols, subquery frames, the SELECTs being read, and what names referred to.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use owlake_functions::types::TrinoType;
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast;

use crate::error::EngineError;
use crate::ir::{self, AggregateCall, Column, Expr, Symbol, WindowCall};
use crate::session::Session;

use super::failure::Analysis;
use super::grouping::GroupingCall;
use super::hidden;
use super::parameters::Parameter;
use super::pattern_windows::PendingPattern;
use super::scope::{Resolved, Scope};
use super::tables::{QualifiedTableName, TableProviderLookup};

/// What an analysis may know and ask.
pub struct AnalyzerContext<'a> {
    pub session: &'a Session,
    pub tables: &'a dyn TableProviderLookup,
    /// Values of the `?`, see [`super::parameters::bind`].
    pub parameters: Vec<Parameter>,
    pub wording: Wording,
}

/// Whose texts errors speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    Athena,
    /// Trino 401's own, which the conformance cases expect.
    Trino,
}

/// Turns a parsed query into the typed tree. Recursive: run it on a big stack.
/// Errors: Trino's semantic errors, with name, text and position.
pub fn analyze_query(context: &AnalyzerContext<'_>, query: &ast::Query) -> Result<ir::Query, EngineError> {
    analyze_with(Analyzer::new(context), query)
}

/// As [`analyze_query`], for the query of a view. Errors: also VIEW_IS_RECURSIVE, when the view is replaced by one that reads it.
/// Ref: Trino 401 `StatementAnalyzer.createScopeForView`.
pub fn analyze_view(context: &AnalyzerContext<'_>, view: &ast::CreateView) -> Result<ir::Query, EngineError> {
    let mut analyzer = Analyzer::new(context);
    if view.is_replace {
        analyzer.shared.replaced_view = analyzer.qualify(&view.name).ok().map(|name| analyzer.own_name(&name));
    }
    analyze_with(analyzer, &view.query)
}

fn analyze_with<'a>(mut analyzer: Analyzer<'a>, query: &'a ast::Query) -> Result<ir::Query, EngineError> {
    let scope = Scope::root(0);
    let mut output = analyzer.query(query, &scope, true)?;
    if let Some(failure) = analyzer.shared.deferred.take() {
        return Err(failure);
    }
    hidden::drop_unused(&mut output.relation, &analyzer.shared.unused_hidden);
    let columns = output
        .fields
        .into_iter()
        .filter(|field| !field.is_hidden)
        .enumerate()
        .map(|(position, field)| ir::OutputColumn {
            name: field.name.map_or_else(|| format!("_col{position}"), |name| name.to_string()),
            symbol: field.symbol,
            data_type: field.data_type,
        })
        .collect();
    Ok(ir::Query { relation: output.relation, columns })
}

/// Turns an expression without columns into a typed one: table properties, `CALL` arguments, constants.
/// Errors: as [`analyze_query`]; a name is COLUMN_NOT_FOUND, an aggregate EXPRESSION_NOT_SCALAR.
pub fn analyze_expression(context: &AnalyzerContext<'_>, expression: &ast::Expression) -> Result<Expr, EngineError> {
    let mut analyzer = Analyzer::new(context);
    let place = Place::plain(&Scope::root(0));
    let typed = analyzer.expression(expression, &place)?;
    Ok(typed)
}

/// Where an expression stands.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub scope: Rc<Scope<'a>>,
    pub clause: Clause,
    pub is_in_lambda: bool,
    /// Outer joins' conditions can't read outer queries.
    pub allows_outer: bool,
    /// Within row pattern recognition: the labels that may stand before columns.
    pub labels: Option<super::patterns::Labels>,
}

/// What an expression's clause lets it do with aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clause {
    /// No aggregates and no windows; the callers that can say which clause check beforehand.
    Plain,
    Select,
    Having,
    OrderBy,
}

impl<'a> Place<'a> {
    pub(crate) fn plain(scope: &Rc<Scope<'a>>) -> Place<'a> {
        Place::of(scope, Clause::Plain)
    }

    pub(crate) fn of(scope: &Rc<Scope<'a>>, clause: Clause) -> Place<'a> {
        Place { scope: Rc::clone(scope), clause, is_in_lambda: false, allows_outer: true, labels: None }
    }

    pub(crate) fn with_clause(&self, clause: Clause) -> Place<'a> {
        Place { clause, ..self.clone() }
    }
}

/// A SELECT while it is read: what its expressions have asked for.
#[derive(Debug)]
pub(crate) struct SelectState<'a> {
    /// Where the query specification begins.
    pub location: Location,
    /// What its FROM gives.
    pub source: Rc<Scope<'a>>,
    pub windows: HashMap<String, super::windows::ResolvedWindow<'a>>,
    pub aggregates: Vec<AggregateCall>,
    pub window_calls: Vec<PendingWindow<'a>>,
    pub order_by_window_calls: Vec<PendingWindow<'a>>,
    pub patterns: Vec<PendingPattern<'a>>,
    pub order_by_patterns: Vec<PendingPattern<'a>>,
    pub grouping_calls: Vec<PendingGrouping>,
    /// The first thing wrong with a window call that is looked at last.
    pub window_refusal: Option<EngineError>,
}

impl<'a> SelectState<'a> {
    /// A SELECT that has asked for nothing yet.
    pub(crate) fn new(location: Location, source: Rc<Scope<'a>>) -> SelectState<'a> {
        SelectState {
            location,
            source,
            windows: HashMap::new(),
            aggregates: Vec::new(),
            window_calls: Vec::new(),
            order_by_window_calls: Vec::new(),
            patterns: Vec::new(),
            order_by_patterns: Vec::new(),
            grouping_calls: Vec::new(),
            window_refusal: None,
        }
    }
}

/// A window call, and the window as written for what is found wrong with it once the groups are known.
#[derive(Debug)]
pub(crate) struct PendingWindow<'a> {
    pub call: WindowCall,
    pub window: super::windows::ResolvedWindow<'a>,
}

/// A `grouping(…)` call with its place.
#[derive(Debug)]
pub(crate) struct PendingGrouping {
    pub call: GroupingCall,
    pub argument_texts: Vec<String>,
    pub location: Location,
    /// Which arguments resolved to outputs of the SELECT.
    pub reads_output: bool,
}

/// A column reference that has been resolved.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub column: Column,
    pub location: Location,
    /// The level of the scope it was found in.
    pub level: usize,
    /// As written; only for references that leave their query.
    pub outer_text: Option<String>,
}

/// What lasts over the analysis of views within the query.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    next_symbol: u32,
    next_recursion: u32,
    /// Subqueries and laterals around the current point.
    pub depth: usize,
    pub references: Vec<Reference>,
    /// Hidden columns of the tables read that no name has meant yet.
    pub unused_hidden: HashSet<Symbol>,
    /// References that leave a subquery, by the subquery's first column.
    pub outer_references: HashMap<Symbol, Vec<Reference>>,
    pub views: Vec<QualifiedTableName>,
    /// The view that the statement replaces; its query may not read it.
    pub replaced_view: Option<QualifiedTableName>,
    /// What fails the query in the end, unless something else does before.
    pub deferred: Option<EngineError>,
    /// Whether a name has meant an output of the SELECT, for who clears it beforehand.
    pub reads_outputs: bool,
    /// What the row pattern expression being read refers to.
    pub pointers: super::pattern_values::Pointers,
    /// What the row pattern being read has each row of its input compute beforehand.
    pub pattern_computed: Vec<(Column, Expr)>,
    /// Set below an aggregate of an ORDER BY clause: the level whose outputs can't be read there, also by subqueries, and the text.
    pub refused_outputs: Option<(usize, &'static str)>,
}

pub(crate) struct Analyzer<'a> {
    pub context: &'a AnalyzerContext<'a>,
    /// The catalog and schema that short names mean; a view's own within a view.
    pub catalog: String,
    pub schema: Option<String>,
    pub selects: Vec<SelectState<'a>>,
    pub shared: Shared,
}

impl<'a> Analyzer<'a> {
    pub(crate) fn new(context: &'a AnalyzerContext<'a>) -> Analyzer<'a> {
        Analyzer {
            context,
            catalog: context.session.catalog.to_lowercase(),
            schema: context.session.database.as_ref().map(|database| database.to_lowercase()),
            selects: Vec::new(),
            shared: Shared::default(),
        }
    }

    pub(crate) fn fresh_symbol(&mut self) -> Symbol {
        let symbol = Symbol(self.shared.next_symbol);
        self.shared.next_symbol += 1;
        symbol
    }

    pub(crate) fn fresh_column(&mut self, data_type: &TrinoType) -> Column {
        Column { symbol: self.fresh_symbol(), data_type: data_type.clone() }
    }

    pub(crate) fn fresh_recursion(&mut self) -> u32 {
        self.shared.next_recursion += 1;
        self.shared.next_recursion
    }

    /// Notes that a name was resolved, so that correlations can be told afterwards.
    pub(crate) fn note_reference(&mut self, resolved: &Resolved, location: Location, text: impl FnOnce() -> String) {
        if resolved.field.is_hidden {
            self.shared.unused_hidden.remove(&resolved.field.symbol);
        }
        self.shared.references.push(Reference {
            column: resolved.field.column(),
            location,
            level: if resolved.is_local { self.shared.depth } else { resolved.level },
            outer_text: (!resolved.is_local).then(text),
        });
    }

    /// Runs `analyze` one subquery deeper and gives the outer columns read there as well, each once, in order.
    pub(crate) fn in_frame<T>(&mut self, analyze: impl FnOnce(&mut Self) -> Analysis<T>) -> Analysis<(T, Vec<Reference>)> {
        let mark = self.shared.references.len();
        let depth = self.shared.depth;
        self.shared.depth += 1;
        let result = analyze(self);
        self.shared.depth = depth;
        let result = result?;
        let outer = self.shared.references[mark..].iter().filter(|reference| reference.level <= depth && reference.outer_text.is_some());
        Ok((result, outer.cloned().collect()))
    }
}

/// Each column once, in the order of first reference.
pub(crate) fn distinct_columns(references: &[Reference]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for reference in references {
        if !columns.iter().any(|column| column.symbol == reference.column.symbol) {
            columns.push(reference.column.clone());
        }
    }
    columns
}
