using Consort.Foundation.Tables;

namespace Consort.Studies.Reports.Pages;

/// <summary>A report before it is HTML or Markdown. Words between back-ticks are code.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Subtitle">What was measured on what.</param>
/// <param name="Findings">What the numbers say, sentence by sentence.</param>
/// <param name="Facts">The few numbers that stand out.</param>
/// <param name="Sections">Its parts.</param>
internal sealed record Document(
    string Title, string Subtitle, IReadOnlyList<string> Findings, IReadOnlyList<Fact> Facts, IReadOnlyList<Section> Sections)
{
    /// <summary>What the runs on each data set come to; their sentences are among the findings.</summary>
    public IReadOnlyList<Summary> Summaries { get; init; } = [];
}

/// <summary>A number that stands out.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">The number.</param>
/// <param name="Note">Its uncertainty, or what it belongs to.</param>
/// <param name="Data">The data, where a report is about several.</param>
internal sealed record Fact(string Name, string Value, string Note, string Data = "");

/// <summary>A part of a report.</summary>
/// <param name="Id">Names it in links.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Blocks">What it holds.</param>
/// <param name="Data">The data, where a report is about several: a reader may ask for those of one.</param>
internal sealed record Section(string Id, string Title, IReadOnlyList<Block> Blocks, string Data = "");

/// <summary>A piece of a section.</summary>
internal abstract record Block;

/// <summary>Words.</summary>
internal sealed record Paragraph(string Text) : Block;

/// <summary>A list of lines.</summary>
internal sealed record Bullets(IReadOnlyList<string> Items) : Block;

/// <summary>A table.</summary>
internal sealed record TableBlock(ResultTable Table) : Block;

/// <summary>Pieces behind a line that opens them.</summary>
/// <param name="Line">What they are.</param>
/// <param name="Blocks">The pieces.</param>
/// <param name="IsOpen">Whether they show at first.</param>
internal sealed record Fold(string Line, IReadOnlyList<Block> Blocks, bool IsOpen = false) : Block;

/// <summary>Plots that belong together.</summary>
/// <param name="Caption">What they show and how to read them.</param>
/// <param name="Legend">Looks that all of them share.</param>
/// <param name="Panels">The plots.</param>
/// <param name="Numbers">The same as a table, or null where another table on the page has them.</param>
internal sealed record Figure(string Caption, IReadOnlyList<LegendEntry> Legend, IReadOnlyList<Panel> Panels, ResultTable? Numbers) : Block;

/// <summary>A look and what it stands for.</summary>
/// <param name="Name">What it stands for.</param>
/// <param name="Look">Colour and shape.</param>
/// <param name="IsLine">Whether it is a line.</param>
internal sealed record LegendEntry(string Name, int Look, bool IsLine = true);

/// <summary>One plot.</summary>
/// <param name="Title">Above it.</param>
/// <param name="Svg">The picture.</param>
/// <param name="Narrow">Another one for small screens, or null where the first serves.</param>
internal sealed record Panel(string Title, string Svg, string? Narrow = null);
