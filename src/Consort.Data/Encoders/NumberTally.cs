namespace Consort.Data.Encoders;

/// <summary>Mean, deviation and range of numbers, exactly summed: the same in whatever order they come.</summary>
internal sealed class NumberTally
{
    private readonly ExactSum _sum = new();
    private readonly ExactSum _squares = new();
    private long _count;
    private double _min = double.PositiveInfinity;
    private double _max = double.NegativeInfinity;

    public void Add(double x)
    {
        _count++;
        _sum.Add(x);
        _squares.Add(x * x);
        _min = Math.Min(_min, x);
        _max = Math.Max(_max, x);
    }

    public void Add(NumberTally other)
    {
        _count += other._count;
        _sum.Add(other._sum);
        _squares.Add(other._squares);
        _min = Math.Min(_min, other._min);
        _max = Math.Max(_max, other._max);
    }

    public void Keep(CounterState state)
    {
        state.Sum(ref _count);
        _sum.Keep(state);
        _squares.Keep(state);
        state.Least(ref _min);
        state.Greatest(ref _max);
    }

    public NumberFacts Facts()
    {
        double mean = _sum.Mean(_count), deviation = Math.Sqrt(Math.Max(0, _squares.Mean(_count) - mean * mean));
        // Below the rounding of the squares, a deviation is noise of a constant column.
        if (deviation < Math.Abs(mean) * 1e-7) deviation = 0;
        return _count == 0 ? default : new NumberFacts(_count, mean, deviation, _min, _max);
    }
}
