using System.Text;
using Consort.Foundation.Tables;

namespace Consort.Studies.Reports.Pages;

/// <summary>Writes a document as Markdown: words and tables as they are, of each figure its numbers.</summary>
internal static class MarkdownWriter
{
    /// <summary>The page.</summary>
    public static string Write(Document document)
    {
        var text = new StringBuilder();
        Line(text, $"# {Plain(document.Title)}");
        Line(text, Plain(document.Subtitle));
        foreach (var summary in document.Summaries)
        {
            if (summary.Data.Length > 0)
                Line(text, $"## {Plain(summary.Data)}");
            Line(text, string.Join('\n', summary.Answers.Select((a, i) => $"{i + 1}. **{a.Word}** {Plain(a.Text)}")));
            foreach (var more in summary.More)
                Line(text, Plain(more));
        }

        foreach (var finding in document.Findings.Except(document.Summaries.SelectMany(s => s.Sentences)))
            Line(text, Plain(finding));
        foreach (var section in document.Sections)
        {
            Line(text, $"## {Plain(section.Title)}");
            foreach (var block in section.Blocks)
                Block(text, block);
        }

        return text.ToString().TrimEnd() + "\n";
    }

    private static void Block(StringBuilder text, Block block)
    {
        switch (block)
        {
            case Paragraph paragraph:
                Line(text, Plain(paragraph.Text));
                break;
            case Bullets list:
                Line(text, string.Join('\n', list.Items.Select(i => $"- {Plain(i)}")));
                break;
            case TableBlock table:
                Table(text, table.Table);
                break;
            case Fold fold:
                Line(text, $"### {Plain(fold.Line)}");
                foreach (var inner in fold.Blocks)
                    Block(text, inner);
                break;
            case Figure { Numbers: { } numbers } figure:
                Line(text, Plain(figure.Caption));
                Table(text, numbers);
                break;
        }
    }

    private static void Table(StringBuilder text, ResultTable table)
    {
        if (table.Caption.Length > 0)
            Line(text, Plain(table.Caption));
        Line(text, MarkdownTable.Of(table).TrimEnd('\n'));
    }

    private static string Plain(string text) => MarkdownTable.Line(text);

    private static void Line(StringBuilder text, string line) => text.Append(line).Append("\n\n");
}
