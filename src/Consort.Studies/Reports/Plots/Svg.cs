using System.Globalization;
using System.Text;

namespace Consort.Studies.Reports.Plots;

/// <summary>
/// Writes the elements of a picture as SVG that stands inside an HTML page and is well-formed XML. Colours come from the page's style by
/// class, so that one picture serves light, dark and print.
/// </summary>
internal sealed class Svg
{
    private readonly StringBuilder _text = new();
    private readonly Stack<string> _open = new();

    /// <summary>Begins a picture.</summary>
    /// <param name="width">In pixels of the page at scale 1.</param>
    /// <param name="height">Likewise.</param>
    /// <param name="description">What a reader who cannot see it is told.</param>
    public Svg(double width, double height, string description)
    {
        _text.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {N(width)} {N(height)}\" role=\"img\" aria-label=\"{Escape(description)}\">");
        _open.Push("svg");
    }

    /// <summary>A coordinate: at most two digits after the point.</summary>
    public static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Text that is safe between tags and in quotes; control characters, which XML has no way to write, are left out.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                '\t' or '\n' or '\r' => escaped.Append((char)rune.Value),
                < ' ' or 0xFFFE or 0xFFFF => escaped,
                _ => escaped.Append(rune),
            };
        }

        return escaped.ToString();
    }

    /// <summary>Opens a group; <paramref name="tip"/> is shown when the pointer rests on it.</summary>
    public Svg Open(string css, string? tip = null)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<g class=\"{css}\">");
        if (tip is not null)
            _text.Append(CultureInfo.InvariantCulture, $"<title>{Escape(tip)}</title>");
        _open.Push("g");
        return this;
    }

    /// <summary>Closes the group opened last.</summary>
    public Svg Close()
    {
        _text.Append(CultureInfo.InvariantCulture, $"</{_open.Pop()}>");
        return this;
    }

    public Svg Line(string css, double x1, double y1, double x2, double y2) =>
        Shape("line", css, ("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2));

    public Svg Rectangle(string css, double x, double y, double width, double height, double? opacity = null) =>
        Shape("rect", css, ("x", x), ("y", y), ("width", width), ("height", height), ("fill-opacity", opacity));

    public Svg Circle(string css, double x, double y, double radius) => Shape("circle", css, ("cx", x), ("cy", y), ("r", radius));

    /// <summary>A line through points; a point that is not a number interrupts it.</summary>
    public Svg Path(string css, IEnumerable<(double X, double Y)> points, bool close = false)
    {
        var path = new StringBuilder();
        var pen = 'M';
        foreach (var (x, y) in points)
        {
            if (!double.IsFinite(x) || !double.IsFinite(y))
            {
                pen = 'M';
                continue;
            }

            path.Append(CultureInfo.InvariantCulture, $"{pen}{N(x)} {N(y)}");
            pen = 'L';
        }

        if (path.Length > 0)
            _text.Append(CultureInfo.InvariantCulture, $"<path class=\"{css}\" d=\"{path}{(close ? "Z" : "")}\"/>");
        return this;
    }

    /// <summary>Words; <paramref name="anchor"/> is start, middle or end.</summary>
    public Svg Text(string css, double x, double y, string text, string anchor = "start", bool turned = false)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<text class=\"{css}\" x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\"");
        if (turned)
            _text.Append(CultureInfo.InvariantCulture, $" transform=\"rotate(-90 {N(x)} {N(y)})\"");
        _text.Append(CultureInfo.InvariantCulture, $">{Escape(text)}</text>");
        return this;
    }

    private Svg Shape(string name, string css, params ReadOnlySpan<(string Name, double? Value)> places)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<{name} class=\"{css}\"");
        foreach (var (place, value) in places)
            if (value is { } number)
                _text.Append(CultureInfo.InvariantCulture, $" {place}=\"{N(number)}\"");
        _text.Append("/>");
        return this;
    }

    /// <summary>Ends the picture and gives its text.</summary>
    public override string ToString()
    {
        while (_open.Count > 0)
            Close();
        return _text.ToString();
    }
}
