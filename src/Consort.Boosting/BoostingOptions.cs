using Consort.Foundation.Options;

namespace Consort.Boosting;

/// <summary>What trees see of a column of ids.</summary>
public enum CategoryInput
{
    /// <summary>Both ways, of which the better on validation rows is kept.</summary>
    Auto,

    /// <summary>
    /// The click rate of its tokens and how often they are: of a training row without the fifth of the rows that it is in, so that no label
    /// tells of itself.
    /// </summary>
    Statistics,

    /// <summary>Its ids, as LightGBM's categories; lists by their statistics.</summary>
    Native,
}

/// <summary>How trees are boosted.</summary>
public sealed record BoostingOptions
{
    /// <summary>The options.</summary>
    public static OptionSet<BoostingOptions> Options { get; } = new OptionSet<BoostingOptions>(() => new())
        .Add("trees", o => o.Trees, (o, v) => o with { Trees = v }, Domain.Integer(1, 100_000), "the most trees")
        .Add("rate", o => o.Rate, (o, v) => o with { Rate = v },
            Domain.Number(1e-6, 1) with { Search = SearchRange.Log(0.01, 0.2) }, "what each tree adds")
        .Add("leaves", o => o.Leaves, (o, v) => o with { Leaves = v },
            Domain.Integer(2, 100_000) with { Search = SearchRange.Log(7, 255) }, "leaves of a tree at the most")
        .Add("min_rows", o => o.MinRows, (o, v) => o with { MinRows = v },
            Domain.Integer(1, 1_000_000) with { Search = SearchRange.Log(5, 200) }, "training rows of a leaf at the least")
        .Add("column_share", o => o.ColumnShare, (o, v) => o with { ColumnShare = v },
            Domain.Number(0.01, 1) with { Search = SearchRange.Linear(0.3, 1) }, "share of the columns that each tree may use")
        .Add("row_share", o => o.RowShare, (o, v) => o with { RowShare = v },
            Domain.Number(0.01, 1) with { Search = SearchRange.Linear(0.5, 1) }, "share of the training rows that each tree sees")
        .Add("l1", o => o.L1, (o, v) => o with { L1 = v },
            Domain.Number(0, 1e6) with { Search = SearchRange.Log(1e-3, 10) }, "penalty on the size of what leaves say")
        .Add("l2", o => o.L2, (o, v) => o with { L2 = v },
            Domain.Number(0, 1e6) with { Search = SearchRange.Log(1e-3, 100) }, "penalty on the square of what leaves say")
        .Add("smoothing", o => o.Smoothing, (o, v) => o with { Smoothing = v },
            Domain.Number(1e-3, 1e6) with { Search = SearchRange.Log(1, 200) },
            "rows of the mean rate that are added to those of a token, and LightGBM's cat_smooth for ids as categories")
        .Add("patience", o => o.Patience, (o, v) => o with { Patience = v }, Domain.Integer(1, 100_000),
            "trees without a better validation AUC after which it ends")
        .Add("categories", o => o.Categories, (o, v) => o with { Categories = v },
            Domain.Words(("auto", CategoryInput.Auto), ("statistics", CategoryInput.Statistics), ("native", CategoryInput.Native))
                with
            { Search = SearchRange.Of("statistics", "native") },
            "what trees see of ids: click rates and counts of their tokens, the ids as categories, or what of both is better on validation rows");

    /// <summary>The most trees.</summary>
    public int Trees { get; init => field = Options.Checked("trees", value); } = 3000;

    /// <summary>What each tree adds.</summary>
    public double Rate { get; init => field = Options.Checked("rate", value); } = 0.05;

    /// <summary>Leaves of a tree at the most.</summary>
    public int Leaves { get; init => field = Options.Checked("leaves", value); } = 31;

    /// <summary>Training rows of a leaf at the least.</summary>
    public int MinRows { get; init => field = Options.Checked("min_rows", value); } = 50;

    /// <summary>Share of the columns that each tree may use.</summary>
    public double ColumnShare { get; init => field = Options.Checked("column_share", value); } = 0.7;

    /// <summary>Share of the training rows that each tree sees.</summary>
    public double RowShare { get; init => field = Options.Checked("row_share", value); } = 0.8;

    /// <summary>Penalty on the size of what leaves say.</summary>
    public double L1 { get; init => field = Options.Checked("l1", value); }

    /// <summary>Penalty on the square of what leaves say.</summary>
    public double L2 { get; init => field = Options.Checked("l2", value); }

    /// <summary>
    /// Rows of the mean rate that are added to those of a token; for ids as categories LightGBM's <c>cat_smooth</c>.
    /// </summary>
    public double Smoothing { get; init => field = Options.Checked("smoothing", value); } = 10;

    /// <summary>Trees without a better validation AUC after which it ends.</summary>
    public int Patience { get; init => field = Options.Checked("patience", value); } = 50;

    /// <summary>What trees see of columns of ids.</summary>
    public CategoryInput Categories { get; init => field = Options.Checked("categories", value); }
}
