//! Blanks out what is not code, so that rules about code are not about prose.

/// `text` with comments, and literals too if asked for, replaced by spaces; lines stay where they are.
pub fn blank(text: &str, literals_too: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let (end, keep) = match token_end(&chars, i) {
            Token::Comment(end) => (end, false),
            Token::Literal(end) => (end, !literals_too),
            Token::Code => (i + 1, true),
        };
        out.extend(chars[i..end].iter().map(|&c| if keep || c == '\n' { c } else { ' ' }));
        i = end;
    }
    out
}

enum Token {
    Comment(usize),
    Literal(usize),
    Code,
}

fn token_end(chars: &[char], i: usize) -> Token {
    let at = |n: usize| chars.get(i + n).copied().unwrap_or('\0');
    match (at(0), at(1)) {
        ('/', '/') => Token::Comment((i..chars.len()).find(|&n| chars[n] == '\n').unwrap_or(chars.len())),
        ('/', '*') => Token::Comment(block_comment_end(chars, i)),
        ('"', _) => Token::Literal(string_end(chars, i)),
        ('r', '"' | '#') if !is_word(chars, i) => raw_string_end(chars, i).map_or(Token::Code, Token::Literal),
        ('\'', '\\') => Token::Literal(char_end(chars, i)),
        // `'{'` is a literal, `'a` in `&'a str` is not.
        ('\'', _) if at(2) == '\'' => Token::Literal(i + 3),
        _ => Token::Code,
    }
}

/// Whether the character before belongs to a word that goes on here (`for"`, but not `br"`).
fn is_word(chars: &[char], i: usize) -> bool {
    let before = i.checked_sub(1).map(|n| chars[n]);
    before.is_some_and(|c| (c.is_alphanumeric() && c != 'b') || c == '_')
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let mut depth = 0;
    let mut i = start;
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => (depth, i) = (depth + 1, i + 2),
            ('*', '/') => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], start: usize) -> usize {
    let mut i = start + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

fn raw_string_end(chars: &[char], start: usize) -> Option<usize> {
    let hashes = chars[start + 1..].iter().take_while(|&&c| c == '#').count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let closes =
        |i: usize| chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
    Some((open + 1..chars.len()).find(|&i| closes(i)).map_or(chars.len(), |i| i + 1 + hashes))
}

fn char_end(chars: &[char], start: usize) -> usize {
    (start + 3..chars.len()).find(|&i| chars[i] == '\'').map_or(chars.len(), |i| i + 1)
}

#[test]
fn only_code_is_left() {
    for (text, code) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        ("x(\"a\\\"b\") y", "x(      ) y"),
        ("r#\"a\"b\"# c", "         c"),
        ("'{' 'a' &'a str '\\'' z", "        &'a str      z"),
        ("b\"x\" for \"//\" q", "b    for      q"),
    ] {
        assert_eq!(blank(text, true), code, "{text}");
    }
    assert_eq!(blank("\"a\" // b", false), "\"a\"     ");
}
