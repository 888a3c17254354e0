namespace Consort.Studies.Reports.Plots;

/// <summary>The rectangle that a plot draws in, with its axes around it.</summary>
internal sealed class Frame
{
    private const double Right = 12;
    private const double CharacterWidth = 6.4;
    private readonly double _left;
    private readonly double _top;
    private readonly double _width;
    private readonly double _height;

    /// <summary>Draws grid, ticks and names of both axes.</summary>
    /// <param name="svg">The picture.</param>
    /// <param name="x">The axis below.</param>
    /// <param name="y">The axis at the left.</param>
    /// <param name="width">Of the picture.</param>
    /// <param name="height">Of the picture.</param>
    /// <param name="xName">What the axis below shows.</param>
    /// <param name="yName">What the axis at the left shows; written above it.</param>
    public Frame(Svg svg, Axis x, Axis y, double width, double height, string xName, string yName)
    {
        (X, Y) = (x, y);
        var widest = y.Ticks.Count == 0 ? 0 : y.Ticks.Max(t => t.Label.Length);
        _left = 12 + (widest * CharacterWidth);
        _top = 24;
        _width = width - _left - Right;
        _height = height - _top - 40;
        foreach (var tick in y.Ticks)
        {
            svg.Line("grid", _left, AtY(tick.Value), _left + _width, AtY(tick.Value));
            svg.Text("tick", _left - 6, AtY(tick.Value) + 4, tick.Label, "end");
        }

        foreach (var tick in x.Ticks)
        {
            svg.Line("axis", AtX(tick.Value), _top + _height, AtX(tick.Value), _top + _height + 4);
            svg.Text("tick", AtX(tick.Value), _top + _height + 17, tick.Label, "middle");
        }

        svg.Line("axis", _left, _top + _height, _left + _width, _top + _height);
        svg.Text("name", 2, 12, yName);
        svg.Text("name", _left + _width, height - 4, xName, "end");
    }

    public Axis X { get; }

    public Axis Y { get; }

    public double Left => _left;

    public double Bottom => _top + _height;

    public double Width => _width;

    public double Height => _height;

    public double AtX(double value) => _left + (_width * X.Place(value));

    public double AtY(double value) => _top + (_height * (1 - Y.Place(value)));
}
