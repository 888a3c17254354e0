namespace Consort.Synthetic.Histories;

/// <summary>One row; reused.</summary>
internal sealed class HistoryRow(int longest)
{
    private readonly int[] _items = new int[longest];
    private readonly int[] _categories = new int[longest];
    private readonly long[] _times = new long[longest];
    private readonly double[] _ages = new double[longest];

    /// <summary>Whose it is.</summary>
    public long User { get; set; }

    /// <summary>The item judged.</summary>
    public int Target { get; set; }

    /// <summary>n, 0 to the longest.</summary>
    public int Length { get; set; }

    /// <summary>The items of the history, oldest first.</summary>
    public Span<int> Items => _items.AsSpan(0, Length);

    /// <summary>Their categories.</summary>
    public Span<int> Categories => _categories.AsSpan(0, Length);

    /// <summary>When the row came, in seconds since 1970; 0 where rows have no times.</summary>
    public long Time { get; set; }

    /// <summary>When the items were met, likewise.</summary>
    public Span<long> Times => _times.AsSpan(0, Length);

    /// <summary>How many hours before the row, the last item first; empty where rows have no times.</summary>
    public Span<double> Ages => _ages.AsSpan(0, Time == 0 ? 0 : Length);

    /// <summary>True click probability.</summary>
    public float Truth { get; set; }

    /// <summary>Its mean over all orders of the history.</summary>
    public float Blind { get; set; }

    /// <summary>The click drawn from the truth.</summary>
    public bool Click { get; set; }
}

/// <summary>The hidden truth behind clicks with histories; see <see cref="HistoryClicks"/>.</summary>
internal sealed class HistoryWorld
{
    private const int PilotRows = 1 << 14;
    private const long PilotUsers = 1L << 60; // none of those written
    private const long FirstTime = 1_700_000_000; // November 2023
    private const double LongestPause = 14_400; // minutes: ten days
    private const int Interests = 4; // two pairs, each a category and the one that leads to it

    private readonly SyntheticHistoryOptions _options;
    private readonly int _longest;
    private readonly int _step; // from a category to the one that leads to it
    private readonly ulong _seed;
    private readonly HistoryTruth _truth;
    private readonly LogitScales _scales;

    public HistoryWorld(SyntheticHistoryOptions options, int longest)
    {
        (_options, _longest, _seed) = (options, longest, (ulong)options.Seed);
        _step = 1 + (int)Below(new RowRandom(_seed ^ 0x51E9, 0).Next(), options.Categories - 1);
        _truth = new HistoryTruth(options.Memory, Leading);
        _scales = Fit();
    }

    /// <summary>The truth about targets and histories.</summary>
    public HistoryTruth Judge => _truth;

    public HistoryRow NewRow() => new(_longest);

    /// <summary>The category of an item.</summary>
    public int CategoryOf(int item) => item % _options.Categories;

    /// <summary>Generates row <paramref name="index"/>, which depends on the options and the index alone.</summary>
    public void Generate(long index, HistoryRow row)
    {
        var random = new RowRandom(_seed, (ulong)index);
        Draw(index, row, ref random);
        var (effect, target) = (Effect(row.Target), CategoryOf(row.Target));
        row.Truth = (float)Probability(_truth.Parts(effect, target, row.Categories, row.Ages));
        row.Blind = (float)_truth.OverOrders(effect, target, row.Categories, Probability, row.Ages);
        // Drawn from the float32 that the file beside holds, so that it is the truth to the last bit.
        row.Click = RowRandom.Unit(random.Next()) < row.Truth;
    }

    private double Probability(LogitParts parts) =>
        ((1 - _options.Noise) / (1 + Math.Exp(-_scales.Logit(parts)))) + (_options.Noise * _options.ClickRate);

    // A user's items are drawn alike, each by itself, so that every order of a history is as likely as any other.
    private void Draw(long index, HistoryRow row, ref RowRandom random)
    {
        row.User = index / _options.RowsOfUser;
        var user = new RowRandom(_seed ^ 0x05E7, (ulong)row.User);
        Span<int> interests = stackalloc int[Interests];
        for (var i = 0; i < Interests; i += 2)
        {
            interests[i] = (int)Below(user.Next(), _options.Categories);
            interests[i + 1] = Leading(interests[i]);
        }

        var end = (int)Below(user.Next(), _longest + 1) + (int)(index % _options.RowsOfUser);
        row.Length = Math.Min(end, _longest);
        for (var position = 0; position < end; position++)
        {
            var category = RowRandom.Unit(user.Next()) < _options.Focus ? interests[(int)Below(user.Next(), Interests)]
                : (int)Below(user.Next(), _options.Categories);
            var item = ItemOf(category, user.Next());
            if (position - (end - row.Length) is >= 0 and var at)
                (row.Items[at], row.Categories[at]) = (item, category);
        }

        if (_options.HasTimes)
            Date(row, end);

        // Half of the targets are of a category that the history has, so that there is something to match.
        var half = random.Next();
        var place = random.Next();
        row.Target = ItemOf(row.Length > 0 && (half & 1) == 0 ? row.Categories[(int)Below(place, row.Length)]
            : (int)Below(place, _options.Categories), random.Next());
    }

    // A user's things come after pauses of a minute to ten days, each length's logarithm as likely; the row is what comes next.
    private void Date(HistoryRow row, int end)
    {
        var random = new RowRandom(_seed ^ 0x71AE, (ulong)row.User);
        var time = FirstTime + Below(random.Next(), 30 * 86_400);
        for (var position = 0; position < end; position++)
        {
            if (position - (end - row.Length) is >= 0 and var at)
                row.Times[at] = time;
            time += (long)(60 * Math.Pow(LongestPause, RowRandom.Unit(random.Next())));
        }

        row.Time = time;
        for (var gap = 0; gap < row.Length; gap++)
            row.Ages[gap] = (time - row.Times[row.Length - 1 - gap]) / 3600.0;
    }

    // Low ranks of a category are more frequent: rank = ⌊n u²⌋.
    private int ItemOf(int category, ulong bits)
    {
        var count = ((_options.Items - 1 - category) / _options.Categories) + 1;
        var u = RowRandom.Unit(bits);
        return category + (_options.Categories * (int)(count * u * u));
    }

    private int Leading(int category) => (category + _step) % _options.Categories;

    private double Effect(int item) => RowRandom.Uniform(new RowRandom(_seed ^ 0xEFFEC7, (ulong)item).Next());

    // Scales that give each part its share of the variance, and the bias that gives the click rate, on pilot rows, none of those written.
    private LogitScales Fit()
    {
        var (row, parts) = (NewRow(), new LogitParts[PilotRows]);
        for (var i = 0; i < PilotRows; i++)
        {
            var index = PilotUsers + i;
            var random = new RowRandom(_seed, (ulong)index);
            Draw(index, row, ref random);
            parts[i] = _truth.Parts(Effect(row.Target), CategoryOf(row.Target), row.Categories, row.Ages);
        }

        var shares = _options.Item + _options.Count + _options.Recency + _options.Succession;
        var scales = new LogitScales(0, new LogitParts(Scale(_options.Item, p => p.Item), Scale(_options.Count, p => p.Count),
            Scale(_options.Recency, p => p.Recency), Scale(_options.Succession, p => p.Succession)));
        double low = -40, high = 40;
        for (var i = 0; i < 50; i++)
        {
            var middle = (low + high) / 2;
            var sum = parts.Sum(p => 1 / (1 + Math.Exp(-scales.Logit(p) - middle)));
            (low, high) = sum < _options.ClickRate * PilotRows ? (middle, high) : (low, middle);
        }

        return scales with { Bias = (low + high) / 2 };

        double Scale(double share, Func<LogitParts, double> part)
        {
            var mean = parts.Average(part);
            var variance = parts.Average(p => (part(p) - mean) * (part(p) - mean));
            return share == 0 || variance == 0 ? 0 : _options.Signal * Math.Sqrt(share / shares / variance);
        }
    }

    private static long Below(ulong bits, int count) => (long)(((bits >> 32) * (ulong)count) >> 32);
}
