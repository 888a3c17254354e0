using System.Globalization;
using System.Reflection;
using System.Text;
using Consort.Foundation.Tables;
using Consort.Studies.Reports.Plots;

namespace Consort.Studies.Reports.Pages;

/// <summary>
/// Writes a document as one HTML page that needs nothing beside it: style, script and pictures stand in it. The page is well-formed XML.
/// </summary>
internal sealed class HtmlWriter
{
    private readonly StringBuilder _text = new();

    private HtmlWriter()
    {
    }

    /// <summary>The page.</summary>
    public static string Write(Document document)
    {
        var writer = new HtmlWriter();
        writer.Page(document);
        return writer._text.ToString();
    }

    private void Page(Document document)
    {
        _text.Append("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n");
        _text.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n<meta name=\"generator\" content=\"consort report\"/>\n");
        Add($"<title>{E(document.Title)}</title>\n<style>\n{Resource("report.css")}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{E(document.Title)}</h1>\n<p class=\"subtitle\">{Words(document.Subtitle)}</p>\n</header>\n");
        Summary(document);
        if (document.Facts.Count > 0)
        {
            _text.Append("<dl class=\"facts\">\n");
            foreach (var fact in document.Facts)
                Add($"<div{Of(fact.Data)}><dt>{Words(fact.Name)}</dt><dd>{E(fact.Value)}</dd><dd class=\"note\">{Words(fact.Note)}</dd></div>\n");
            _text.Append("</dl>\n");
        }

        Add($"<nav aria-label=\"Sections\">{string.Concat(document.Sections.Select(s => $"<a href=\"#{E(s.Id)}\"{Of(s.Data)}>{E(s.Title)}</a> "))}</nav>\n");
        foreach (var section in document.Sections)
        {
            Add($"<section id=\"{E(section.Id)}\"{Of(section.Data)}>\n<h2>{E(section.Title)}</h2>\n");
            foreach (var block in section.Blocks)
                Block(block, section.Title);
            _text.Append("</section>\n");
        }

        Add($"</main>\n<script>\n//<![CDATA[\n{Resource("report.js")}//]]>\n</script>\n</body>\n</html>\n");
    }

    private void Summary(Document document)
    {
        _text.Append("<section class=\"findings\" aria-label=\"Summary\">\n");
        foreach (var summary in document.Summaries)
        {
            Add($"<div{Of(summary.Data)}>\n");
            if (summary.Data.Length > 0)
                Add($"<h2>{E(summary.Data)}</h2>\n");
            Add($"<ol class=\"answers\">{string.Concat(summary.Answers.Select(a => $"<li><b>{E(a.Word)}</b> {Words(a.Text)}</li>\n"))}</ol>\n");
            if (summary.More.Count > 0)
                Add($"<details><summary>What else the runs say</summary>{string.Concat(summary.More.Select(m => $"<p>{Words(m)}</p>\n"))}</details>\n");
            _text.Append("</div>\n");
        }

        foreach (var finding in document.Findings.Except(document.Summaries.SelectMany(s => s.Sentences)))
            Add($"<p>{Words(finding)}</p>\n");
        _text.Append("</section>\n");
    }

    // By which the page's script shows what belongs to one data set alone.
    private static string Of(string data) => data.Length == 0 ? "" : $" data-of=\"{E(data)}\"";

    private void Block(Block block, string section)
    {
        switch (block)
        {
            case Paragraph paragraph:
                Add($"<p>{Words(paragraph.Text)}</p>\n");
                break;
            case Bullets list:
                Add($"<ul>{string.Concat(list.Items.Select(i => $"<li>{Words(i)}</li>\n"))}</ul>\n");
                break;
            case TableBlock table:
                Table(table.Table, section);
                break;
            case Fold fold:
                Add($"<details{(fold.IsOpen ? " open=\"open\"" : "")}><summary>{Words(fold.Line)}</summary>\n");
                foreach (var inner in fold.Blocks)
                    Block(inner, fold.Line);
                _text.Append("</details>\n");
                break;
            case Figure figure:
                Figure(figure, section);
                break;
        }
    }

    private void Table(ResultTable table, string section)
    {
        var caption = table.Caption.Length > 0 ? table.Caption : section;
        Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{E(caption)}\"><table class=\"sortable\">\n");
        if (table.Caption.Length > 0)
            Add($"<caption>{Words(table.Caption)}</caption>");
        _text.Append("<thead><tr>");
        foreach (var column in table.Columns)
            Add($"<th scope=\"col\"{(column.IsNumber ? " class=\"n\"" : "")}{(column.Meaning.Length > 0 ? $" title=\"{E(column.Meaning)}\"" : "")}>{Words(column.Head!)}</th>");
        _text.Append("</tr></thead>\n<tbody>\n");
        for (var row = 0; row < table.Rows.Count; row++)
        {
            Add($"<tr{(table.Marked.Contains(row) ? " class=\"marked\"" : "")}>");
            for (var i = 0; i < table.Columns.Count; i++)
            {
                var tag = i == 0 ? "th scope=\"row\"" : "td";
                Add($"<{tag}{(table.Columns[i].IsNumber ? " class=\"n\"" : "")}>{Words(table.Text(row, i))}</{tag[..2]}>");
            }

            _text.Append("</tr>\n");
        }

        _text.Append("</tbody></table></div>\n");
    }

    private void Figure(Figure figure, string section)
    {
        _text.Append("<figure>\n");
        if (figure.Legend.Count > 0)
            Add($"<p class=\"legend\">{string.Concat(figure.Legend.Select(l => $"<span>{Marker.Sample(l.Look, l.IsLine)}{E(l.Name)}</span> "))}</p>\n");
        Add($"<div class=\"panels{(figure.Panels.Any(p => p.Narrow is not null) ? " whole" : "")}\">\n");
        foreach (var panel in figure.Panels)
        {
            _text.Append("<div class=\"panel\">");
            if (panel.Title.Length > 0)
                Add($"<h3>{E(panel.Title)}</h3>");
            if (panel.Narrow is null)
                _text.Append(panel.Svg);
            else
                Add($"<div class=\"wide\">{panel.Svg}</div><div class=\"narrow\">{panel.Narrow}</div>");
            _text.Append("</div>\n");
        }

        Add($"</div>\n<figcaption>{Words(figure.Caption)}</figcaption>\n");
        if (figure.Numbers is { } numbers)
        {
            _text.Append("<details class=\"numbers\"><summary>The numbers of this figure</summary>\n");
            Table(numbers, section);
            _text.Append("</details>\n");
        }

        _text.Append("</figure>\n");
    }

    private static string E(string text) => Svg.Escape(text);

    /// <summary>Escapes; what stands between back-ticks becomes code.</summary>
    internal static string Words(string text)
    {
        var parts = text.Split('`');
        if (parts.Length % 2 == 0)
            return E(text);
        return string.Concat(parts.Select((part, i) => i % 2 == 0 ? E(part) : $"<code>{E(part)}</code>"));
    }

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"reports/{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private void Add(FormattableString text) => _text.Append(text.ToString(CultureInfo.InvariantCulture));
}
