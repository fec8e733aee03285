//! `search_documents`: which passages of the person's papers are about something.

use serde_json::{Value, json};

use super::{MAX_OUTPUT, Tool, ToolError, ToolSpec, World, number, text};
use crate::documents::{Folder, stems};

/// Passages that are shown unless the call asks for fewer or more.
const LIMIT: usize = 5;

pub(super) struct SearchDocuments(ToolSpec);

impl SearchDocuments {
    pub(super) fn new() -> Self {
        Self(ToolSpec {
            name: "search_documents".into(),
            description: "Find out what the person's documents say about something: contracts, letters, bills, \
                          guides, lists. Shows the best passages with file and lines."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "query": {"type": "string", "minLength": 1, "maxLength": 300,
                              "description": "What to look for, in a few words or as a question"},
                    "path": {"type": "string", "minLength": 1, "maxLength": 256,
                             "description": "Folder or file to search, all by default"},
                    "limit": {"type": "integer", "minimum": 1, "maximum": 20,
                              "description": "Most passages to show, 5 by default"},
                },
                "required": ["query"],
                "additionalProperties": false,
            }),
            examples: [
                "What does my lease say about pets?",
                "What does the phone contract say about cancelling?",
                "According to the manual, how do I reset the heating?",
                "What was the total on the plumber's bill?",
                "Does the insurance cover a stolen bicycle?",
                "When is the deposit paid back, going by the contract?",
                "Look in my papers for what the school letter says about the trip",
                "Who signed the agreement with the builders?",
                "Was steht im Mietvertrag über Haustiere?",
                "Wie lange ist laut Rechnung Zeit zum Zahlen?",
                "Que dit la lettre de l'assurance sur la franchise ?",
                "¿Qué dice el contrato sobre la fianza?",
                "What does my rental agreement say about pets?",
                "How long is the notice period in my employment contract?",
                "According to the insurance policy, what is the excess?",
                "How much was the last electricity bill?",
                "What did the doctor's letter recommend?",
                "When does the guarantee of the washing machine end, according to the papers?",
                "Which date does the invoice from the plumber have?",
                "What is the cancellation period of my gym membership contract?",
                "How much deposit did we pay according to the lease?",
                "What does the tax office want from me in its letter?",
                "Does my policy cover water damage?",
                "Who signed the purchase contract for the car?",
                "what amount is on the garage's bill",
                "Is smoking allowed under the house rules?",
                "What were the findings in the survey report?",
                "Look in my documents: until when must I pay the school fees?",
                "Which services are included in the offer of the painter?",
                "What does the manual say about descaling?",
                "in the minutes of the meeting, what was decided about the roof?",
                "Find out from my papers who my landlord is",
                "What is the interest rate in the loan agreement?",
                "How many days of leave does my contract give me?",
                "what did the bank write about the account fees",
                "Wie hoch ist die Selbstbeteiligung laut Versicherungspolice?",
                "Was hat die Werkstatt laut Rechnung repariert?",
                "Que dit le contrat de location sur la caution ?",
                "Quel est le montant de la facture du plombier ?",
                "¿Qué dice el contrato sobre las vacaciones?",
                "¿Cuánto cobra el fontanero según la factura?",
                "What is our policy number? It must be in the insurance papers",
                "Who has to pay for repairs according to the lease?",
                "Which doctor signed the certificate?",
                "until what date is the offer from the kitchen firm valid",
                "What is the reference number on the letter from the town hall?",
                "How many hours a week am I to work under my contract?",
                "Does the warranty cover the battery?",
                "Was the heating bill higher than 900?",
                "What reason does the landlord give in his letter?",
                "Which rooms does the survey say are damp?",
                "When was the last inspection, going by the report?",
                "can I cancel the phone contract before its end",
                "Bis wann gilt das Angebot vom Maler?",
                "Welche Kündigungsfrist steht in meinem Arbeitsvertrag?",
                "Quand se termine la garantie du lave-linge ?",
                "¿Hasta cuándo es válida la oferta del pintor?",
            ]
            .map(String::from)
            .into(),
            side_effect: false,
        })
    }
}

impl Tool for SearchDocuments {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn read_request(&self, request: &str, _world: &mut dyn World) -> Option<Value> {
        let query: String = request.chars().take(300).collect();
        Some(json!({"query": query}))
    }

    fn call(&mut self, arguments: &Value, world: &mut dyn World) -> Result<String, ToolError> {
        let folder = Folder::open(text(arguments, "path", "."), world, &mut |_| {})?;
        if folder.is_empty() {
            return Ok("there are no documents here: text, Markdown, HTML, CSV or JSON".into());
        }
        let query = stems(text(arguments, "query", ""));
        let limit = number(arguments, "limit").unwrap_or(LIMIT);
        let mut output = String::new();
        for found in folder.search(&query, limit, world) {
            let passage = found.reference_and_text();
            if output.len() + passage.len() > MAX_OUTPUT {
                output.push_str("[there is more; ask for fewer passages or with other words]\n");
                break;
            }
            output.push_str(&passage);
        }
        match output.is_empty() {
            true => Ok(format!(
                "nothing about this in {} documents; the words may be others there",
                folder.len()
            )),
            false => Ok(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::held::Held, *};

    fn search(world: &mut Held, arguments: Value) -> Result<String, String> {
        SearchDocuments::new()
            .call(&arguments, world)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn it_shows_passages_with_file_and_lines() {
        let mut world = Held::new([
            (
                "flat/lease.txt",
                "LEASE\n\nThe rent is 780 a month.\nIt is due on the 3rd.\n\nPets are not allowed.\n",
            ),
            ("car.csv", "Day,Paid\nMonday,60.90\nFriday,12.00\n"),
            ("photo.jpg", "\u{1}"),
        ]);
        assert_eq!(
            search(
                &mut world,
                json!({"query": "How high is the rent?", "limit": 1})
            )
            .unwrap(),
            "flat/lease.txt:3-4 (LEASE)\nThe rent is 780 a month.\nIt is due on the 3rd.\n\n"
        );
        assert_eq!(
            search(
                &mut world,
                json!({"query": "paid on Friday", "path": "car.csv"})
            )
            .unwrap(),
            "car.csv:1-3 (car)\nDay: Paid\nDay: Monday; Paid: 60.90\nDay: Friday; Paid: 12.00\n\n"
        );
        assert_eq!(
            search(&mut world, json!({"query": "submarine"})).unwrap(),
            "nothing about this in 2 documents; the words may be others there"
        );
        assert!(world.files.len() == 3, "a search writes nothing");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let mut world = Held::new([("a.txt", "x")]);
        assert!(search(&mut world, json!({"query": "x", "path": "b"})).is_err());
        assert!(search(&mut world, json!({"query": "x", "path": "../b"})).is_err());
        let mut empty = Held::new([("a.bin", "x")]);
        assert!(
            search(&mut empty, json!({"query": "x"}))
                .unwrap()
                .starts_with("there are no documents")
        );
    }

    #[test]
    fn the_result_is_bounded() {
        let text = format!("{}\n\n", "rent ".repeat(150)).repeat(60);
        let mut world = Held::new([("a.txt", text.as_str())]);
        let output = search(&mut world, json!({"query": "rent", "limit": 20})).unwrap();
        assert!(output.len() < MAX_OUTPUT + 100);
        assert!(output.ends_with("with other words]\n"));
    }
}
