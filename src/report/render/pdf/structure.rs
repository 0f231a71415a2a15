//! Writes the structure of a document into its file.

use super::page::Pages;
use super::tags::{Kid, Node, Tag, Tree};
use lopdf::{Dictionary, Document, Error, Object, ObjectId, dictionary, text_string};

/// The tree, the way back from pages and links to it, and what is reported to readers of the file.
pub fn write(file: &mut Document, pages: &Pages, title: &str) -> Result<(), Error> {
    let ids: Vec<ObjectId> = file.page_iter().collect();
    let tree = &pages.tree;
    let root = file.new_object_id();
    let nodes: Vec<ObjectId> = tree.nodes.iter().map(|_| file.new_object_id()).collect();
    let links = annotations(file, &ids, pages)?;
    let height = pages.paper.size().1;
    let scopes = ["Column", "Row"].map(|scope| file.add_object(dictionary! { "O" => "Table", "Scope" => scope }));
    for (node, id) in tree.nodes.iter().zip(&nodes) {
        let parent = if node.tag == Tag::Document { root } else { nodes[node.parent] };
        let mut element = dictionary! { "S" => node.tag.name(), "P" => parent };
        describe(node, height, scopes, &mut element);
        kids(node, &ids, &nodes, &links, &mut element);
        file.set_object(*id, element);
    }
    let parents = file.add_object(dictionary! { "Nums" => ways_back(tree, ids.len(), &nodes) });
    let next = ids.len() + links.iter().map(Vec::len).sum::<usize>();
    file.set_object(
        root,
        dictionary! {
            "Type" => "StructTreeRoot",
            "K" => Object::Array(vec![nodes[0].into()]),
            "ParentTree" => parents,
            "ParentTreeNextKey" => number(next),
        },
    );
    for (index, id) in ids.iter().enumerate() {
        let page = file.get_dictionary_mut(*id)?;
        page.set("StructParents", number(index));
        page.set("Tabs", Object::Name(b"S".to_vec()));
    }
    let metadata =
        lopdf::Stream::new(dictionary! { "Type" => "Metadata", "Subtype" => "XML" }, metadata(title).into_bytes());
    // Programs that do not unpack look for it.
    let metadata = file.add_object(metadata.with_compression(false));
    let catalog = file.catalog_mut()?;
    catalog.set("StructTreeRoot", root);
    catalog.set("MarkInfo", dictionary! { "Marked" => true });
    catalog.set("Metadata", metadata);
    Ok(())
}

fn number(value: usize) -> Object {
    Object::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

/// `scopes` says of what a heading of a column, and of a row, is one.
fn describe(node: &Node, height: f32, scopes: [ObjectId; 2], element: &mut Dictionary) {
    if let Some(alt) = &node.alt {
        element.set("Alt", text_string(alt));
    }
    if let Some(actual) = &node.actual {
        element.set("ActualText", text_string(actual));
    }
    let attributes: Option<Object> = match node.tag {
        Tag::ColumnHead => Some(scopes[0].into()),
        Tag::RowHead => Some(scopes[1].into()),
        Tag::Figure => node.area.map(|area| {
            let sides = [area.x, height - area.bottom(), area.right(), height - area.y];
            dictionary! { "O" => "Layout", "Placement" => "Block", "BBox" => sides.map(Object::Real).to_vec() }.into()
        }),
        _ => None,
    };
    if let Some(attributes) = attributes {
        element.set("A", attributes);
    }
}

fn kids(node: &Node, pages: &[ObjectId], nodes: &[ObjectId], links: &[Vec<ObjectId>], element: &mut Dictionary) {
    let first = node.kids.iter().find_map(|kid| if let Kid::Marked { page, .. } = kid { Some(*page) } else { None });
    if let Some(page) = first.and_then(|page| pages.get(page)) {
        element.set("Pg", *page);
    }
    let kid = |kid: &Kid| -> Option<Object> {
        Some(match *kid {
            Kid::Node(node) => nodes[node].into(),
            Kid::Marked { page, mark } if Some(page) == first => number(mark),
            Kid::Marked { page, mark } => {
                dictionary! { "Type" => "MCR", "Pg" => *pages.get(page)?, "MCID" => number(mark) }.into()
            }
            Kid::Link { page, link } => {
                let annotation = *links.get(page)?.get(link)?;
                dictionary! { "Type" => "OBJR", "Pg" => *pages.get(page)?, "Obj" => annotation }.into()
            }
        })
    };
    let mut kids: Vec<Object> = node.kids.iter().filter_map(kid).collect();
    match kids.len() {
        0 => {}
        1 => element.set("K", kids.remove(0)),
        _ => element.set("K", kids),
    }
}

/// The links of each page as objects of their own, with their key in the tree's way back and what they
/// lead to in words.
fn annotations(file: &mut Document, ids: &[ObjectId], pages: &Pages) -> Result<Vec<Vec<ObjectId>>, Error> {
    let mut key = ids.len();
    let mut all = Vec::new();
    for (page, id) in ids.iter().enumerate() {
        let written = match file.get_dictionary(*id)?.get(b"Annots") {
            Ok(Object::Array(written)) => written.clone(),
            _ => Vec::new(),
        };
        let mut objects = Vec::new();
        for (annotation, told) in written.into_iter().zip(&pages.sheets[page].links) {
            let Object::Dictionary(mut annotation) = annotation else { continue };
            annotation.set("StructParent", number(key));
            annotation.set("Contents", text_string(told));
            // It is printed as the page is.
            annotation.set("F", 4);
            key += 1;
            objects.push(file.add_object(annotation));
        }
        let references: Vec<Object> = objects.iter().map(|id| Object::Reference(*id)).collect();
        file.get_dictionary_mut(*id)?.set("Annots", references);
        all.push(objects);
    }
    Ok(all)
}

/// The part of each mark of each page, and then of each link, with rising keys.
fn ways_back(tree: &Tree, pages: usize, nodes: &[ObjectId]) -> Vec<Object> {
    let mut all = Vec::new();
    for page in 0..pages {
        let marks = tree.marks.get(page).map(Vec::as_slice).unwrap_or_default();
        let owners: Vec<Object> = marks.iter().map(|node| nodes[*node].into()).collect();
        all.extend([number(page), Object::Array(owners)]);
    }
    let links = tree.nodes.iter().enumerate().flat_map(|(node, of)| of.kids.iter().map(move |kid| (kid, node)));
    let mut links: Vec<((usize, usize), usize)> = links
        .filter_map(|(kid, node)| if let Kid::Link { page, link } = *kid { Some(((page, link), node)) } else { None })
        .collect();
    links.sort_unstable();
    for (at, (_, node)) in links.into_iter().enumerate() {
        all.extend([number(pages + at), nodes[node].into()]);
    }
    all
}

/// The title as programs for accessible reading look for it.
fn metadata(title: &str) -> String {
    let title: String = title
        .chars()
        .filter(|letter| !letter.is_control())
        .map(|letter| match letter {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            other => other.to_string(),
        })
        .collect();
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
         <dc:language><rdf:Bag><rdf:li>en</rdf:li></rdf:Bag></dc:language>\n\
         </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>"
    )
}
