//! The tokens of a vocabulary as a tree of their bytes.

use crate::{TokenId, tokenizer::Tokenizer};

/// Tokens that are text, in a tree: what a text allows is found by walking down from the root, and a
/// byte that cannot come cuts off every token below it.
pub struct Vocabulary<'a> {
    pub(super) tokenizer: Tokenizer<'a>,
    /// Nodes in the order of a walk, children behind their parent; the root is left out.
    pub(super) nodes: Vec<TreeNode>,
    /// In the order of the nodes.
    tokens: Vec<TokenId>,
    /// Which bytes are a token.
    single: [bool; 256],
}

/// A node of the tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct TreeNode {
    /// The last byte on the way here.
    pub byte: u8,
    /// Where the next node is that is not below this one.
    pub end: u32,
    /// Where the tokens that end here begin; those of the next node follow.
    pub tokens: u32,
}

impl<'a> Vocabulary<'a> {
    /// Sorts the tokens, which takes some tens of milliseconds.
    pub fn new(tokenizer: Tokenizer<'a>) -> Self {
        let bytes = |id: &TokenId| tokenizer.token_bytes(*id);
        let mut tokens: Vec<TokenId> = (0..tokenizer.vocab_size() as TokenId)
            .filter(|id| {
                !bytes(id).is_empty()
                    && !tokenizer.is_control(*id)
                    && !tokenizer.end_ids().contains(id)
            })
            .collect();
        tokens.sort_unstable_by(|a, b| bytes(a).cmp(bytes(b)).then(a.cmp(b)));
        let mut single = [false; 256];
        let mut nodes: Vec<TreeNode> = Vec::new();
        // Nodes on the way to the last token.
        let mut path: Vec<usize> = Vec::new();
        let mut last: &[u8] = &[];
        for (at, id) in tokens.iter().enumerate() {
            let text = bytes(id);
            if let [byte] = *text {
                single[usize::from(byte)] = true;
            }
            let common = last.iter().zip(text).take_while(|(a, b)| a == b).count();
            let here = nodes.len() as u32;
            for node in path.drain(common..) {
                nodes[node].end = here;
            }
            for byte in &text[common..] {
                path.push(nodes.len());
                nodes.push(TreeNode {
                    byte: *byte,
                    end: 0,
                    tokens: at as u32,
                });
            }
            last = text;
        }
        let end = nodes.len() as u32;
        for node in path {
            nodes[node].end = end;
        }
        Self {
            tokenizer,
            nodes,
            tokens,
            single,
        }
    }

    /// The tokens that end at a node.
    pub(super) fn tokens_at(&self, node: usize) -> &[TokenId] {
        let start = |node: usize| {
            let node = self.nodes.get(node);
            node.map_or(self.tokens.len(), |node| node.tokens as usize)
        };
        self.tokens
            .get(start(node)..start(node + 1))
            .unwrap_or_default()
    }

    /// Whether a byte is a token by itself.
    pub(super) fn has_byte(&self, byte: u8) -> bool {
        self.single[usize::from(byte)]
    }
}
