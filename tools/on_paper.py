"""Makes a page of the site one that is read where nothing can be clicked, unfolded or run: in a PDF, or in an EPUB.

Answers and solutions move to the end of their chapter, each with a link there and back. On the site they are hidden until
somebody asks. On paper there is no hiding: right below its question, an answer is read before anybody has thought. At
the end of the chapter it is near enough to be looked up, and far enough not to be seen. Everything else that is hidden
on the site, such as the code of a figure, is open in its place.
"""

import re
from itertools import count

from bs4 import BeautifulSoup

NOT_ON_PAPER = [
    {"name": ["script", "button", "form", "input", "style"]},
    {"class_": ["screen-only", "headerlink", "downloads"]},
]
TITLE = "Answers and solutions"
LABELS = {"Solution", "Show the solution"}  # of what is hidden: they say nothing that the new place does not


def settle(page):
    """Change a page in place."""
    body = page.body
    for unwanted in (one for kind in NOT_ON_PAPER for one in body.find_all(**kind)):
        unwanted.decompose()
    for shown in body.find_all(re.compile("^noscript$|-")):  # what a script would make of it, it is not here
        shown.unwrap()
    for formula in body.find_all("semantics"):  # the formula once, and not its TeX behind it
        formula.find("annotation").decompose()
        formula.unwrap()
    answers = Answers(page)
    answers.collect_questions(body.find(id="check-yourself"))
    answers.collect_exercises(body.find(id="on-your-own"))
    answers.place()
    for cell in body.find_all(class_="tag_hide-input"):
        put_figure_before_its_code(cell)
    for details in body.find_all("details"):
        open_for_good(details)
    if number := page.heading.find(class_="section-number", recursive=False):
        number.string = page.number
    for box in body.find_all("pre"):
        if box.get_text().count("\n") > 30:
            box.parent["class"] = [*box.parent.get("class", []), "long"]


class Answers:
    """The section at the end of a chapter that has what was hidden in its last sections."""

    def __init__(self, page):
        self.page = page
        self.made = BeautifulSoup("", "html.parser")
        self.section = self.tag("section", id="answers")
        self.section.append(self.tag(f"h{int(page.heading.name[1]) + 1}", TITLE))

    def tag(self, name, text="", **attributes):
        """Make an element."""
        if "class_" in attributes:
            attributes["class"] = attributes.pop("class_")
        made = self.made.new_tag(name, attrs=attributes)
        if text:
            made.string = text
        return made

    def block(self, asked, kind, number, words):
        """Begin the answer to what is asked in a paragraph, with links there and back."""
        asked["id"] = f"{kind}-{number}"
        block = self.tag("div", class_="answer", id=f"answer-to-{kind}-{number}")
        head = self.tag("p", class_="answer-head")
        head.append(self.tag("a", words, href=f"{self.page.name}#{asked['id']}"))
        block.append(head)
        asked.append(" ")
        asked.append(
            self.tag(
                "a",
                "Answer" if kind == "question" else "Solution",
                class_="to-answer",
                href=f"{self.page.name}#{block['id']}",
            )
        )
        self.section.append(block)
        return block

    def collect_questions(self, section):
        """Leave each question with the answers to choose from, and take what is said to each."""
        for number in count(1) if section else ():
            asked = next((p for p in section.find_all("p", recursive=False) if _begins(p, f"{number}.")), None)
            if asked is None:
                return
            choices = []
            for one in asked.find_next_siblings():
                if one.name == "details":
                    choices.append(one)
                elif choices:
                    break
            block = self.block(asked, "question", number, f"Question {number}")
            offered, said = self.tag("ul", class_="choices"), self.tag("dl", class_="replies")
            choices[0].insert_before(offered)
            for choice in choices:
                summary = choice.find("summary").extract()
                letter = summary.get_text()[0]
                summary.name = "li"
                offered.append(summary)
                reply = self.tag("dd")
                reply.extend(list(choice.contents))
                said.extend([self.tag("dt", letter), reply])
                choice.extract()
            block.append(said)

    def collect_exercises(self, section):
        """Leave each exercise, and take its solutions."""
        asked, block, number = None, None, 0
        for one in list(section.find_all(True, recursive=False)) if section else ():
            if one.name == "p" and (found := re.match(r"Exercise (\d+)", one.get_text())):
                asked, block, number = one, None, found[1]
            elif one.name == "details" or "tag_solution" in one.get("class", ()):
                block = block or self.block(asked, "exercise", number, f"Exercise {number}")
                block.append(one.extract())

    def place(self):
        """Put the section at the end of the chapter, if there is anything in it."""
        if self.section.find(class_="answer"):
            self.page.body.append(self.section)


def _begins(paragraph, text):
    strong = paragraph.find("strong", recursive=False)
    return strong is not None and strong.get_text() == text and paragraph.get_text().startswith(text)


def put_figure_before_its_code(cell):
    """Show what a hidden cell makes, and then how: the text before it announces the figure, not the code."""
    code, output = cell.find("details", recursive=False), cell.find(class_="cell_output", recursive=False)
    if code and output:
        output.insert_after(code.extract())


def open_for_good(details):
    """Make what can be unfolded a part of the page; a label stays if it says more than that it can be unfolded."""
    summary = details.find("summary", recursive=False)
    collapsed = summary.find(class_="collapsed")
    label = (collapsed or summary).get_text(" ", strip=True)
    if (collapsed is not None and label.startswith("Show code cell")) or label in LABELS:
        summary.decompose()
    else:
        if collapsed is not None:
            summary.clear()
            summary.string = label
        summary.name = "p"
        summary["class"] = "label"
        for attribute in ("aria-label",):
            del summary[attribute]
    details.name = "div"
    details.attrs = {"class": ["opened", *(kind for kind in details.get("class", ()) if kind != "admonition")]}


def words_of(heading):
    """Return the text of a heading without its number."""
    number = heading.find(class_="section-number", recursive=False)
    return heading.get_text().removeprefix(number.get_text() if number else "").strip()


def shift_headings(body, level):
    """Make the first heading of a page one of this level, and the others follow."""
    headings = body.find_all(re.compile("^h[1-6]$"))
    by = level - int(headings[0].name[1])
    for heading in headings:
        heading.name = f"h{min(int(heading.name[1]) + by, 6)}"


def slug(page):
    """Return a name for a page that is also one for a file: "03-formula-backwards", "guide-03-formula-backwards"."""
    return re.sub("^(chapters|course)/", "", page).replace("/", "-").lower()
