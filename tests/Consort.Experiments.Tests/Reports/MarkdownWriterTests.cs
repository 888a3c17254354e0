using Consort.Foundation.Tables;
using Consort.Studies.Reports.Pages;

namespace Consort.Experiments.Tests.Reports;

/// <summary>A report as Markdown says what the page says.</summary>
public sealed class MarkdownWriterTests
{
    [Fact]
    public void Write_AMarkedRow_StandsOutAndNoOther()
    {
        string[][] rows = [["first", "1"], ["second", "2"], ["third", "3"]];
        var table = ResultTable.Of(rows, new("run", r => r[0]), new("AUC", r => r[1], ResultColumn.Right)) with { Marked = [1] };
        var text = MarkdownWriter.Write(new Document("Runs", "", [], [], [new Section("results", "Results", [new TableBlock(table)])]));
        Assert.Contains("| first | 1 |\n| **second** | 2 |\n| third | 3 |", text, StringComparison.Ordinal);
        Assert.DoesNotContain("**", MarkdownWriter.Write(new Document("Runs", "", [], [],
            [new Section("results", "Results", [new TableBlock(table with { Marked = [] })])])), StringComparison.Ordinal);
    }
}
