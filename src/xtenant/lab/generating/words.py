"""Words that people name things with, in many scripts, and draws of names that are free in their folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xtenant.domain import paths
from xtenant.outside.chance import Chance


def each(text: str) -> tuple[str, ...]:
    """The words of a text, parted by bars."""
    return tuple(text.split("|"))


ENGLISH = each(
    "Annual report|Budget|Contract|Minutes|Offer|Plan|Project brief|Invoice|Roadmap|Risk register|Travel policy|Photo|"
    "Board paper|Specification|Test results|Price list|Press release|Handbook|Survey|Inventory|Payroll|Backlog"
)
MANY_SCRIPTS = each(
    "Übersicht für Größen|Kündigungsschreiben|Élève à l'œuvre|Coût prévisionnel|Año fiscal|Señalización|Ação de formação|"
    "Řízení změn|Żądanie zakupu|Årsmøte på Ærø|Þjónusta|Έκθεση προόδου|Προϋπολογισμός|Отчёт за квартал|Договор поставки|"
    "Україна план|שלום תקציב|דוח שנתי|تقرير سنوي|ميزانية المشروع|वार्षिक रिपोर्ट|परियोजना|รายงานประจำปี|งบประมาณ|年度報告|"
    "项目计划书|会議の議事録|見積もり|연간 보고서|프로젝트 계획|Cafe\u0301 menu|Zoë's №1 € list|100% signed #3|a+b=c & d;e, f|"
    "Rocket 🚀 launch|👩‍💻 onboarding|ሪፖርት|გეგმა|Ծրագիր|Báo cáo thường niên|İstanbul ofisi"
)
EXTENSIONS = ("docx", "xlsx", "pptx", "pdf", "txt", "jpg", "png", "csv", "vsdx", "msg", "md", "zip")
COMMENTS = each(
    "Checked by legal|Final|Typo corrected|Übernommen aus E-Mail|Скорректировано|修正版|اعتماد نهائي|Draft 2, see chapter “Costs”|"
    "v\n2 with a second line|<b>not bold</b> & so on"
)
LONG_WORD = "A very long name that somebody thought would say everything about what the folder is for "


@dataclass(slots=True)
class FreeNames:
    """Names in use, by folder, compared as SharePoint does."""

    _taken: set[tuple[object, str]] = field(default_factory=set[tuple[object, str]])

    def take(self, folder: object, name: str) -> str:
        """The name, numbered where the folder has it already."""
        wanted, number = name, 0
        while (folder, paths.name_key(wanted)) in self._taken:
            number += 1
            wanted = paths.numbered(name, number)
        self._taken.add((folder, paths.name_key(wanted)))
        return wanted


def words(chance: Chance) -> str:
    """What a thing is called; one in three is not English."""
    pool: Sequence[str] = MANY_SCRIPTS if chance.random() < 0.33 else ENGLISH
    return pool[int(chance.random() * len(pool))]


def file_name(chance: Chance, number: int) -> str:
    """A file's name; the number keeps most of them apart."""
    extension = EXTENSIONS[int(chance.random() * len(EXTENSIONS))]
    return f"{words(chance)} {number}.{extension}"


def folder_name(chance: Chance) -> str:
    return f"{words(chance)} {2012 + int(chance.random() * 15)}"


def comment(chance: Chance) -> str:
    """What somebody wrote at check-in; mostly nothing."""
    return COMMENTS[int(chance.random() * len(COMMENTS))] if chance.random() < 0.3 else ""


def long_name(length: int, number: int) -> str:
    """A name of exactly so many characters."""
    text = (f"{number:03} " + LONG_WORD * (length // len(LONG_WORD) + 1))[:length]
    return text[:-1] + "x" if text.endswith(" ") else text
