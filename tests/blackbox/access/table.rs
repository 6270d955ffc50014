//! Reads the matrix, whose own first lines say how it is written.

use std::collections::BTreeMap;

/// The callers, in the order of the columns.
pub const CALLERS: [&str; 10] =
    ["owner", "other", "user", "member", "session", "token", "o-user", "nobody", "disabled", "expired"];
/// What an operation on an object can be about.
pub const OBJECTS: [&str; 3] = ["mine", "theirs", "none"];

/// By class and what it is about, what each caller is answered.
pub type Lines = BTreeMap<(String, String), Vec<String>>;

/// The whole of it.
pub struct Matrix {
    /// The class of each operation.
    pub classes: BTreeMap<String, String>,
    /// Each situation, by its title, in the order of the text.
    pub situations: Vec<(String, Lines)>,
}

impl Matrix {
    pub fn parse(text: &str) -> Self {
        let (classes, situations) = text.split_once("\n==").expect("classes come before situations");
        let (_, classes) = classes.split_once("[classes]").expect("there are classes");
        let mut matrix = Self { classes: class_of_each(classes), situations: Vec::new() };
        for block in situations.split("\n==") {
            let (title, lines) = block.split_once('\n').expect("a title and lines");
            let title = title.trim().to_owned();
            let lines = matrix.lines(&title, lines);
            assert!(matrix.lines_of(&title).is_none(), "{title}: is there twice");
            matrix.situations.push((title, lines));
        }
        matrix
    }

    fn lines_of(&self, title: &str) -> Option<&Lines> {
        self.situations.iter().find(|(known, _)| known == title).map(|(_, lines)| lines)
    }

    fn lines(&self, title: &str, text: &str) -> Lines {
        let mut base = Lines::new();
        let mut own = Lines::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            if let Some(other) = line.strip_prefix("like:") {
                let found = self.lines_of(other.trim());
                base.clone_from(found.unwrap_or_else(|| panic!("{title}: is like nothing before it")));
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let [class, about, answers @ ..] = words.as_slice() else { panic!("{title}: {line}") };
            assert_eq!(answers.len(), CALLERS.len(), "{title}: {line}");
            if *class == "class" {
                assert_eq!(answers, CALLERS, "{title}");
                continue;
            }
            assert!(self.classes.values().any(|known| known == class), "{title}: no class {class}");
            let one = [*about];
            for about in if *about == "any" { OBJECTS.as_slice() } else { &one } {
                let name = ((*class).to_owned(), (*about).to_owned());
                let before = base.get(&name);
                let answer = |(i, answer): (usize, &&str)| match (*answer, before) {
                    (".", Some(before)) => before[i].clone(),
                    (".", None) => panic!("{title}: {line}: there is nothing that it could be like"),
                    (answer, _) => answer.to_owned(),
                };
                let answers: Vec<String> = answers.iter().enumerate().map(answer).collect();
                assert!(own.insert(name, answers).is_none(), "{title}: {line}: is there twice");
            }
        }
        base.extend(own);
        base
    }
}

fn class_of_each(text: &str) -> BTreeMap<String, String> {
    let mut classes = BTreeMap::new();
    let mut class = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let operations = match line.split_once(':') {
            Some((name, operations)) => {
                class = name;
                operations
            }
            None => line,
        };
        for operation in operations.split_whitespace() {
            let before = classes.insert(operation.to_owned(), class.to_owned());
            assert_eq!(before, None, "{operation} is in two classes");
        }
    }
    classes
}
