"""LibreOffice Calc as the office of a school: it opens a workbook, writes into its cells and saves it, by a macro of its own."""

import subprocess
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from tests.bent_book import serial

FORMATS = {
    "xlsx": ("Calc MS Excel 2007 XML", ""),
    "xls": ("MS Excel 97", ""),
    "ods": ("calc8", ""),
    "csv": ("Text - txt - csv (StarCalc)", "44,34,76,1,,0,false,true,false,false,false,{sheet}"),
}
_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:{kind} PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "{kind}.dtd">
"""
_FILL = """
Function SavedAs(sFilter As String, sOptions As String)
  Dim aTold(1) As New com.sun.star.beans.PropertyValue
  aTold(0).Name = "FilterName"
  aTold(0).Value = sFilter
  aTold(1).Name = "FilterOptions"
  aTold(1).Value = sOptions
  SavedAs = aTold()
End Function

Sub Fill(sOrders As String)
  Dim aHidden(0) As New com.sun.star.beans.PropertyValue
  aHidden(0).Name = "Hidden"
  aHidden(0).Value = True
  oFiles = createUnoService("com.sun.star.ucb.SimpleFileAccess")
  oInput = createUnoService("com.sun.star.io.TextInputStream")
  oInput.setInputStream(oFiles.openFileRead(sOrders))
  oInput.setEncoding("UTF-8")
  On Error GoTo Done
  Do While Not oInput.isEOF()
    aParts = Split(oInput.readLine(), Chr(9))
    If aParts(0) = "open" Then
      oBook = StarDesktop.loadComponentFromURL(aParts(1), "_blank", 0, aHidden())
    ElseIf aParts(0) = "text" Then
      oBook.Sheets.getByName(aParts(1)).getCellByPosition(CLng(aParts(3)) - 1, CLng(aParts(2)) - 1).setString(aParts(4))
    ElseIf aParts(0) = "number" Then
      oBook.Sheets.getByName(aParts(1)).getCellByPosition(CLng(aParts(3)) - 1, CLng(aParts(2)) - 1).setValue(Val(aParts(4)))
    ElseIf aParts(0) = "save" Then
      oBook.storeToURL(aParts(1), SavedAs(aParts(2), aParts(3)))
    ElseIf aParts(0) = "close" Then
      oBook.close(True)
    End If
  Loop
Done:
  StarDesktop.terminate()
End Sub
"""


def typed(sheet: str, row: int, column: int, value: object) -> str:
    """One order: what a person would type there."""
    if isinstance(value, date):
        value = serial(value)
    kind = "text" if isinstance(value, str) else "number"
    return "\t".join((kind, sheet, str(row), str(column), str(value)))


def run(folder: Path, orders: Iterable[str]) -> None:
    basic = folder / "profile" / "user" / "basic"
    office = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore"]
    subprocess.run(
        [*office, "--terminate_after_init"], check=True, capture_output=True, timeout=120
    )  # lays out its profile
    name, xmlns = 'library:name="Standard"', 'xmlns:library="http://openoffice.org/2000/library"'
    link = (
        'xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="$(USER)/basic/Standard/script.xlb/" xlink:type="simple"'
    )
    (basic / "script.xlc").write_text(
        f'{_LIBRARY.format(kind="libraries")}<library:libraries {xmlns}><library:library {name} {link} library:link="false"/></library:libraries>'
    )
    (basic / "Standard" / "script.xlb").write_text(
        f'{_LIBRARY.format(kind="library")}<library:library {xmlns} {name} library:readonly="false" library:passwordprotected="false"><library:element library:name="School"/></library:library>'
    )
    (basic / "Standard" / "School.xba").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><script:module xmlns:script="http://openoffice.org/2000/script" script:name="School" '
        f'script:language="StarBasic"><![CDATA[{_FILL}]]></script:module>'
    )
    told = folder / "orders.txt"
    told.write_text("\n".join(orders), encoding="utf-8")
    subprocess.run(
        [*office, f'macro:///Standard.School.Fill("{told.as_uri()}")'], check=True, capture_output=True, timeout=150
    )
