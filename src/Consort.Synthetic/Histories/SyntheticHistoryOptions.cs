using Consort.Foundation.Options;

namespace Consort.Synthetic.Histories;

/// <summary>What synthetic clicks with histories look like; see <see cref="HistoryClicks"/> for the formula.</summary>
public sealed record SyntheticHistoryOptions
{
    /// <summary>The options of a file.</summary>
    public static OptionSet<SyntheticHistoryOptions> Options { get; } = new OptionSet<SyntheticHistoryOptions>(() => new())
        .Add("seed", o => o.Seed, (o, v) => o with { Seed = v }, Domain.Long(0, long.MaxValue), "of hidden effects and rows")
        .Add("first_row", o => o.FirstRow, (o, v) => o with { FirstRow = v }, Domain.Long(0, 1_000_000_000_000_000),
            "index of the first row: a later file that continues an earlier one")
        .Add("click_rate", o => o.ClickRate, (o, v) => o with { ClickRate = v }, Domain.Number(0.001, 0.9), "expected share of clicks")
        .Add("items", o => o.Items, (o, v) => o with { Items = v }, Domain.Integer(10, 1_000_000),
            "distinct items, at least as many as categories")
        .Add("categories", o => o.Categories, (o, v) => o with { Categories = v }, Domain.Integer(4, 10_000), "distinct categories")
        .Add("rows_a_user", o => o.RowsOfUser, (o, v) => o with { RowsOfUser = v }, Domain.Integer(1, 1000),
            "impressions of a user; between two of them the history grows by one")
        .Add("focus", o => o.Focus, (o, v) => o with { Focus = v }, Domain.Number(0, 1),
            "share of a history that lies in the user's interests")
        .Add("item", o => o.Item, (o, v) => o with { Item = v }, Domain.Number(0, 1),
            "share of the logit's variance from the item by itself")
        .Add("count", o => o.Count, (o, v) => o with { Count = v }, Domain.Number(0, 1),
            "from how many of a history are of the target's category, log(1 + m)")
        .Add("recency", o => o.Recency, (o, v) => o with { Recency = v }, Domain.Number(0, 1),
            "from how long ago the last of them was, exp(−gap / memory)")
        .Add("succession", o => o.Succession, (o, v) => o with { Succession = v }, Domain.Number(0, 1),
            "from whether the history's last item is of the category that leads to the target's")
        .Add("memory", o => o.Memory, (o, v) => o with { Memory = v }, Domain.Number(0.1, 1000),
            "positions, with times hours, in which recency falls to 1/e")
        .Add("times", o => o.HasTimes, (o, v) => o with { HasTimes = v }, Domain.Flag,
            "whether rows and the items of histories have times; recency then goes by these, exp(−hours / memory)")
        .Add("signal", o => o.Signal, (o, v) => o with { Signal = v }, Domain.Number(0, 10), "standard deviation of the logit, nearly")
        .Add("noise", o => o.Noise, (o, v) => o with { Noise = v }, Domain.Number(0, 1),
            "share of impressions whose click has nothing to do with any of it")
        .Require("items", o => o.Items < o.Categories
            ? FormattableString.Invariant($"found {o.Items}, expected at least the {o.Categories} categories") : null);

    /// <summary>Decides the hidden effects and every row.</summary>
    public long Seed { get; init => field = Options.Checked("seed", value); } = 1;

    /// <summary>Index of the first row.</summary>
    public long FirstRow { get; init => field = Options.Checked("first_row", value); }

    /// <summary>Expected share of clicks.</summary>
    public double ClickRate { get; init => field = Options.Checked("click_rate", value); } = 0.25;

    /// <summary>Distinct items.</summary>
    public int Items { get; init => field = Options.Checked("items", value); } = 1000;

    /// <summary>C, distinct categories.</summary>
    public int Categories { get; init => field = Options.Checked("categories", value); } = 40;

    /// <summary>Impressions of a user.</summary>
    public int RowsOfUser { get; init => field = Options.Checked("rows_a_user", value); } = 5;

    /// <summary>Share of a history that lies in the user's interests.</summary>
    public double Focus { get; init => field = Options.Checked("focus", value); } = 0.8;

    /// <summary>Share of the logit's variance from the item by itself.</summary>
    public double Item { get; init => field = Options.Checked("item", value); } = 0.2;

    /// <summary>From the number of matches.</summary>
    public double Count { get; init => field = Options.Checked("count", value); } = 0.3;

    /// <summary>From the last match's age.</summary>
    public double Recency { get; init => field = Options.Checked("recency", value); } = 0.35;

    /// <summary>From the last item.</summary>
    public double Succession { get; init => field = Options.Checked("succession", value); } = 0.15;

    /// <summary>τ, positions, with times hours, in which recency falls to 1/e.</summary>
    public double Memory { get; init => field = Options.Checked("memory", value); } = 5;

    /// <summary>Whether rows and the items of histories have times.</summary>
    public bool HasTimes { get; init; }

    /// <summary>σ.</summary>
    public double Signal { get; init => field = Options.Checked("signal", value); } = 2;

    /// <summary>Share of impressions that are noise.</summary>
    public double Noise { get; init => field = Options.Checked("noise", value); } = 0.05;
}
