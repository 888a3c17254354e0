namespace Consort.Studies.Reports.Plots;

/// <summary>An upright axis among several.</summary>
/// <param name="Name">Below it.</param>
/// <param name="Top">The value at its top.</param>
/// <param name="Bottom">The value at its bottom.</param>
internal sealed record ParallelAxis(string Name, string Top, string Bottom);

/// <summary>A line over all axes.</summary>
/// <param name="Places">One an axis, 0 at the bottom to 1 at the top.</param>
/// <param name="Look">Which colour.</param>
/// <param name="IsThin">One of many.</param>
/// <param name="Tip">Shown when the pointer rests on it.</param>
internal sealed record ParallelLine(IReadOnlyList<double> Places, int Look, bool IsThin, string Tip);

/// <summary>Parallel coordinates: what settings have in common that are good. Lines are drawn in their order, the last on top.</summary>
internal sealed record ParallelPlot(string Description, IReadOnlyList<ParallelAxis> Axes, IReadOnlyList<ParallelLine> Lines)
{
    private const double Top = 22, Left = 50, Foot = 40;

    public double Width { get; init; } = 740;

    public double Height { get; init; } = 280;

    /// <summary>Draws it.</summary>
    public string Draw()
    {
        var svg = new Svg(Width, Height, Description);
        var (step, depth) = ((Width - 2 * Left) / Math.Max(1, Axes.Count - 1), Height - Top - Foot);
        foreach (var line in Lines)
            svg.Open("", line.Tip)
                .Path(Marker.Line(line.Look) + (line.IsThin ? " thin" : ""),
                    line.Places.Select((p, i) => (AtX(i), Top + depth * (1 - p)))).Close();
        for (var i = 0; i < Axes.Count; i++)
        {
            svg.Line("axis", AtX(i), Top, AtX(i), Top + depth);
            svg.Text("tick", AtX(i), Top - 7, Axes[i].Top, "middle");
            svg.Text("tick", AtX(i), Top + depth + 14, Axes[i].Bottom, "middle");
            svg.Text("name", AtX(i), Top + depth + 30, Axes[i].Name, "middle");
        }

        return svg.ToString();

        double AtX(int axis) => Left + step * axis;
    }
}
