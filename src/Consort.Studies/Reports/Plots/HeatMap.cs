using System.Globalization;

namespace Consort.Studies.Reports.Plots;

/// <summary>A square of cells: how much each agrees with each. Every cell that is large enough has its number.</summary>
internal sealed record HeatMap
{
    private const int MostNumbers = 12;

    public required string Description { get; init; }

    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Row by row; NaN leaves a cell empty.</summary>
    public required IReadOnlyList<IReadOnlyList<double>> Values { get; init; }

    /// <summary>The value without colour.</summary>
    public required double Low { get; init; }

    /// <summary>The value with full colour.</summary>
    public required double High { get; init; }

    /// <summary>Digits after the point.</summary>
    public int Digits { get; init; } = 3;

    /// <summary>Draws it.</summary>
    public string Draw(double width = 360)
    {
        var n = Names.Count;
        var isShort = Names.All(name => name.Length <= 4) && n <= MostNumbers;
        var left = 8 + (6.4 * Math.Min(16, Names.Max(name => name.Length)));
        var cell = Math.Min(64, (width - left - 4) / n);
        var height = Math.Min(cell, 34);
        var top = isShort ? 18.0 : 6.0;
        var svg = new Svg(width, top + (height * n) + (isShort ? 6 : 24), Description);
        for (var row = 0; row < n; row++)
        {
            svg.Text("label", left - 6, top + (height * (row + 0.5)) + 4, Cut(Names[row]), "end");
            if (isShort)
                svg.Text("tick", left + (cell * (row + 0.5)), 12, Names[row], "middle");
            else if (n <= 26)
                svg.Text("tick", left + (cell * (row + 0.5)), top + (height * n) + 15,
                    Head(row), "middle");
            for (var column = 0; column < n; column++)
                Cell(svg, row, column, left + (cell * column), top + (height * row), cell, height, n);
        }

        return svg.ToString();
    }

    private void Cell(Svg svg, int row, int column, double x, double y, double width, double height, int n)
    {
        var value = Values[row][column];
        if (!double.IsFinite(value))
            return;
        var share = High > Low ? Math.Clamp((value - Low) / (High - Low), 0, 1) : 1;
        var number = value.ToString("F" + Digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        svg.Open("cell", $"{Names[row]} and {Names[column]}: {number}");
        svg.Rectangle("heat", x + 1, y + 1, width - 2, height - 2, 0.06 + (0.94 * share));
        if (n <= MostNumbers && width >= 7 * number.TrimStart('0').Length)
            svg.Text(share > 0.5 ? "number on" : "number", x + (width / 2), y + (height / 2) + 4,
                width > 6.6 * number.Length ? number : number.TrimStart('0'), "middle");
        svg.Close();
    }

    // Of "0: DeepFM" the number that the row's name begins with.
    private string Head(int place) =>
        Names[place].Split(':')[0] is { Length: <= 4 } head ? head : (place + 1).ToString(CultureInfo.InvariantCulture);

    private static string Cut(string name) => name.Length <= 16 ? name : name[..15] + "…";
}
