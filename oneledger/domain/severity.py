"""Each campaign has its own degrees of severity, and its forms offer those (000-16: three, 001-6: five)."""

from collections.abc import Mapping, Sequence

from oneledger.domain.campaigns import Campaign
from oneledger.domain.forms import CrossRule, Field, Form


def titles_by_code(campaign: Campaign) -> dict[int, tuple[str, ...]]:
    """National code -> this campaign's titles for it."""
    found: dict[int, tuple[str, ...]] = {}
    for tier in campaign.severity:
        found[tier.code] = (*found.get(tier.code, ()), tier.title)
    return found


def fitted(form: Form, campaign: Campaign) -> Form:
    """The form with the campaign's titles in the place of its own, in its choices and in what its rules compare with.

    A field says by ``codes`` that its choices are degrees. A degree the campaign does not have stays in a rule, where
    no answer can equal it. A campaign without a scale leaves the form as it is.
    """
    graded = [field for field in (*form.facts, *form.columns) if field.codes]
    if not graded or not campaign.severity:
        return form
    titles = titles_by_code(campaign)
    facts = tuple(_offering(fact, campaign) for fact in form.facts)
    table = form.table
    if table is not None:
        table = table.model_copy(update={"columns": tuple(_offering(column, campaign) for column in table.columns)})
    words = {
        title: titles.get(code, (title,))
        for field in graded
        for title, code in zip(field.choices, field.codes, strict=True)
    }
    rules = tuple(_translated(rule, words) for rule in form.rules)
    return form.model_copy(update={"facts": facts, "table": table, "rules": rules})


def _offering(field: Field, campaign: Campaign) -> Field:
    if not field.codes:
        return field
    return field.model_copy(
        update={
            "choices": tuple(tier.title for tier in campaign.severity),
            "codes": tuple(tier.code for tier in campaign.severity),
        }
    )


def _translated(rule: CrossRule, words: Mapping[str, Sequence[str]]) -> CrossRule:
    texts = {"check": _in_words(rule.check, words), "when": rule.when and _in_words(rule.when, words)}
    return rule.model_copy(update=texts)


def _in_words(expression: str, words: Mapping[str, Sequence[str]]) -> str:
    """One degree in a list may become several. Quotes are put back last, so that no title is replaced twice."""
    for old, titles in words.items():
        expression = expression.replace(f"'{old}'", ", ".join(f"\0{title}\0" for title in titles))
    return expression.replace("\0", "'")
