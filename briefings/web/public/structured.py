"""What a role is in the words of schema.org, for search engines; it draws nothing."""

from __future__ import annotations

from briefings.model.money import PayFigure
from briefings.pipeline.profiles import Profile


def role_data(profile: Profile, *, description: str, url: str, site: str) -> dict[str, object]:
    """Describe an occupation and its place on the site; `url` and `site` may be empty."""
    own = profile.specialization
    occupation: dict[str, object] = {
        "@type": "Occupation",
        "name": own.name,
        "description": description,
    }
    if profile.industry:
        occupation["industry"] = profile.industry
    skills = [*own.skills.ai_tools, *own.skills.technical, *own.skills.human]
    if skills:
        occupation["skills"] = skills
    pay = _newest_us(profile)
    if pay is not None:
        occupation["occupationLocation"] = {"@type": "Country", "name": "United States"}
        occupation["estimatedSalary"] = {
            "@type": "MonetaryAmountDistribution",
            "name": f"{pay.year}, n = {pay.n}, {pay.source}",
            "currency": pay.median.currency,
            "duration": "P1Y",
            "percentile25": float(pay.p25.amount),
            "median": float(pay.median.amount),
            "percentile75": float(pay.p75.amount),
        }
    graph: list[dict[str, object]] = [occupation]
    if url:
        occupation["url"] = url
        places = [("Roles", f"{site}roles")]
        if not own.general:
            places.append((profile.role.name, f"{site}roles/{profile.role.slug}"))
        graph.append(
            {
                "@type": "BreadcrumbList",
                "itemListElement": [
                    {"@type": "ListItem", "position": place, "name": name, "item": item}
                    for place, (name, item) in enumerate([*places, (own.name, url)], 1)
                ],
            }
        )
    return {"@context": "https://schema.org", "@graph": graph}


def _newest_us(profile: Profile) -> PayFigure | None:
    """The newest figure over all levels in the US that stands on enough answers."""
    found = [
        figure
        for series in profile.pay
        if series.region.casefold() == "us" and series.level.casefold() == "all"
        for figure in series.figures
        if not figure.small_sample
    ]
    return max(found, key=lambda each: each.year, default=None)
