//! What does a name mean here? Fields, scopes and Trino's resolution. Ref: Trino 401 `Scope`, `RelationType`, `Field`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use owlake_functions::types::TrinoType;
use owlake_syntax::trino::ast;

use crate::ir::{Column, Symbol};

use super::analyzer::Reference;
use super::query::Output;

/// A column as names see it.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// The table name (of up to three parts, as written) or alias that may stand before the column's name.
    pub relation_alias: Option<Rc<[String]>>,
    /// As written; `None` for an unnamed expression.
    pub name: Option<Rc<str>>,
    pub symbol: Symbol,
    pub data_type: TrinoType,
    /// Can be named, but is not in `*`.
    pub is_hidden: bool,
}

impl Field {
    pub(crate) fn column(&self) -> Column {
        Column { symbol: self.symbol, data_type: self.data_type.clone() }
    }

    /// Whether `prefix` is a table name that this field goes by: its alias or the end of it.
    pub(crate) fn matches_prefix(&self, prefix: &[&str]) -> bool {
        if prefix.is_empty() {
            return true;
        }
        self.relation_alias.as_ref().is_some_and(|alias| {
            alias.len() >= prefix.len()
                && alias[alias.len() - prefix.len()..].iter().zip(prefix).all(|(left, right)| is_same_name(left, right))
        })
    }

    /// Whether a name of one or more parts means this field.
    pub(crate) fn is_named(&self, name: &[&str]) -> bool {
        let Some((last, prefix)) = name.split_last() else { return false };
        self.name.as_ref().is_some_and(|own| is_same_name(own, last)) && self.matches_prefix(prefix)
    }
}

/// Names compare without case, quoted or not.
pub(crate) fn is_same_name(left: &str, right: &str) -> bool {
    left == right
        || (left.len() == right.len() && left.eq_ignore_ascii_case(right))
        || (!left.is_ascii() && left.to_lowercase() == right.to_lowercase())
}

/// How a scope hangs on the one around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// The same query: WITH names, the source below an ORDER BY, the scope around a lambda.
    Local,
    /// The scope of an outer query: a column found there is a correlation.
    OuterQuery,
}

/// A scope: some fields and what is around them. Named queries come into scope with the WITH clause.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    pub fields: Vec<Field>,
    pub parent: Option<(Rc<Scope<'a>>, Link)>,
    /// How many subquery frames enclose the relations of this scope.
    pub level: usize,
    pub role: ScopeRole,
    pub named_queries: HashMap<String, Rc<NamedQuery<'a>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeRole {
    /// Rows of a relation.
    Source,
    /// The output of a SELECT as its ORDER BY sees it.
    Output,
    /// A lambda's parameters.
    Lambda,
}

/// A query of a WITH clause, analysed anew at each use.
#[derive(Debug)]
pub(crate) struct NamedQuery<'a> {
    pub kind: NamedQueryKind<'a>,
}

/// The analysis a definition was read with: its first use takes it instead of making it anew.
#[derive(Debug)]
pub(crate) struct Definition {
    pub output: Output,
    pub references: Vec<Reference>,
    /// How many subquery frames were around the definition.
    pub depth: usize,
}

#[derive(Debug)]
pub(crate) enum NamedQueryKind<'a> {
    /// The definition, and the scope it was written in.
    Plain {
        query: &'a ast::NamedQuery,
        scope: Rc<Scope<'a>>,
        definition: Box<RefCell<Option<Definition>>>,
    },
    Recursive {
        query: &'a ast::NamedQuery,
        scope: Rc<Scope<'a>>,
    },
    /// The name within its own recursive step.
    WorkingTable {
        id: u32,
        fields: Vec<Field>,
    },
}

/// A name found.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub field: Field,
    /// The level of the scope it was found in.
    pub level: usize,
    pub role: ScopeRole,
    /// Whether no query boundary lies between.
    pub is_local: bool,
}

/// More than one field answers to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ambiguous;

/// What `a.b.*` is taken from.
pub(crate) enum AsteriskBasis {
    /// The fields of a table or alias, and whether it belongs to this very query.
    Table { fields: Vec<Field>, level: usize, is_local: bool },
    /// The name is a column (or goes into one); analyse it as an expression.
    Column,
}

impl<'a> Scope<'a> {
    /// A scope without fields at the root of a query.
    pub(crate) fn root(level: usize) -> Rc<Scope<'a>> {
        Rc::new(Scope { fields: Vec::new(), parent: None, level, role: ScopeRole::Source, named_queries: HashMap::new() })
    }

    /// A scope of fields within the query that `parent` belongs to.
    pub(crate) fn within(parent: &Rc<Scope<'a>>, fields: Vec<Field>) -> Rc<Scope<'a>> {
        Rc::new(Scope {
            fields,
            level: parent.level,
            parent: Some((Rc::clone(parent), Link::Local)),
            role: ScopeRole::Source,
            named_queries: HashMap::new(),
        })
    }

    pub(crate) fn resolve(&self, name: &[&str]) -> Result<Option<Resolved>, Ambiguous> {
        let mut scope = self;
        let mut is_local = true;
        loop {
            let mut matches = scope.fields.iter().filter(|field| field.is_named(name));
            if let Some(first) = matches.next() {
                if matches.next().is_some() {
                    return Err(Ambiguous);
                }
                return Ok(Some(Resolved { field: first.clone(), level: scope.level, role: scope.role, is_local }));
            }
            // A prefix of the name is a column here: it is a field of a row, to be taken apart by the caller.
            if scope.has_column_prefix(name) {
                return Ok(None);
            }
            let Some((parent, link)) = &scope.parent else { return Ok(None) };
            is_local &= *link == Link::Local;
            scope = parent;
        }
    }

    /// Whether the name without some of its last parts is a column, here or further out.
    pub(crate) fn is_column_reference(&self, name: &[&str]) -> bool {
        let mut scope = Some(self);
        while let Some(current) = scope {
            if current.has_column_prefix(name) {
                return true;
            }
            scope = current.parent.as_ref().map(|(parent, _)| parent.as_ref());
        }
        false
    }

    fn has_column_prefix(&self, name: &[&str]) -> bool {
        (1..name.len()).rev().any(|length| self.fields.iter().any(|field| field.is_named(&name[..length])))
    }

    /// What the chain before `.*` names: `Ok(None)` when nothing, `Err` with the text of the ambiguity.
    pub(crate) fn asterisk_basis(&self, chain: &[&str]) -> Result<Option<AsteriskBasis>, String> {
        let mut scope = self;
        let mut is_local = true;
        loop {
            let is_table =
                chain.len() <= 3 && scope.fields.iter().any(|field| field.relation_alias.is_some() && field.matches_prefix(chain));
            let column_matches = if chain.len() >= 2 { scope.fields.iter().filter(|field| field.is_named(&chain[..2])).count() } else { 0 };
            if column_matches > 1 {
                return Err(format!("Column '{}' is ambiguous", chain[..2].join(".")));
            }
            match (is_table, column_matches > 0) {
                (true, true) => return Err(format!("Reference '{}' is ambiguous", chain.join("."))),
                (true, false) => {
                    let fields = scope
                        .fields
                        .iter()
                        .filter(|field| !field.is_hidden && field.relation_alias.is_some() && field.matches_prefix(chain));
                    return Ok(Some(AsteriskBasis::Table { fields: fields.cloned().collect(), level: scope.level, is_local }));
                }
                (false, true) => return Ok(Some(AsteriskBasis::Column)),
                (false, false) => {}
            }
            let Some((parent, link)) = &scope.parent else { return Ok(None) };
            is_local &= *link == Link::Local;
            scope = parent;
        }
    }

    /// The query of a WITH clause that a table name of one part means.
    pub(crate) fn named_query(&self, name: &str) -> Option<Rc<NamedQuery<'a>>> {
        let name = name.to_lowercase();
        let mut scope = Some(self);
        while let Some(current) = scope {
            if let Some(query) = current.named_queries.get(&name) {
                return Some(Rc::clone(query));
            }
            scope = current.parent.as_ref().map(|(parent, _)| parent.as_ref());
        }
        None
    }
}
