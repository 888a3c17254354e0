using System.Globalization;
using Consort.Data.Schemas;

namespace Consort.Data.Profiles;

/// <summary>What a column is taken for, and why.</summary>
/// <param name="Name">The column.</param>
/// <param name="Kind">As a schema calls it: <c>categorical</c>, <c>ignored</c>.</param>
/// <param name="Why">What was seen, in plain words.</param>
public sealed record ColumnDraft(string Name, string Kind, string Why)
{
    /// <summary>The field of the schema.</summary>
    public required Field Field { get; init; }

    /// <summary>Decides by what a column looks like.</summary>
    /// <param name="column">The column.</param>
    /// <param name="profile">All that was seen.</param>
    /// <param name="taken">Names that other columns have: none is given twice.</param>
    internal static ColumnDraft Of(ColumnProfile column, DataProfile profile, IReadOnlySet<string> taken)
    {
        if (profile.Label is { } label && label.Column == column.Name) return OfLabel(column, label);
        if (Useless(column) is { } useless) return Made(column, FieldKind.Ignored, useless);
        if (column.Time is { } time) return OfTime(column, time, profile, taken);
        if (column.Odd is { Forms: not null }) return Made(column, FieldKind.Ignored, OfTimes(column));
        if (column.StepTimes is { } steps) return OfStepTimes(column, steps);
        if (IsName(column)) return Made(column, Plain(profile, FieldKind.Id, FieldKind.Ignored),
            "every row has a value of its own: a name of the row, of which nothing can be learned");
        if (column.List is { } list) return OfList(column, list, profile);
        if (column.Type == "boolean")
            return Made(column, Plain(profile, FieldKind.Boolean, FieldKind.Categorical), $"yes or no: {Tops(column)}");
        if (column.Numbers is { Min: >= 0 } && ColumnWords.IsWeight(column.Name) && !profile.Dialect.IsPairs)
            return Made(column, FieldKind.Weight, "its name says how much each row counts" + Odd(column, "rows that will be refused"));
        if (column.Numbers is { } numbers)
        {
            var draft = OfNumbers(column, numbers, profile.RowsLookedAt);
            return numbers.Min >= 0 && ColumnWords.MayBeWeight(column.Name) && !profile.Dialect.IsPairs
                ? draft with { Why = $"{draft.Why}; if this is a row's weight: kind: weight" } : draft;
        }

        if (column.HasSpaces && column.MeanCharacters > 40 && column.Distinct > column.Rows / 2)
            return Made(column, FieldKind.Ignored, $"free text, {N(column.Distinct)} different in {N(column.Rows)} rows");
        return Made(column, FieldKind.Categorical, $"words: {N(column.Distinct)} different, most often {Tops(column)}{Missing(column)}{Odd(column, column.Odd is { } odd ? $"so that all are taken for words; where such cells mean none, make it kind: {(odd.Kind == "time" ? "time" : "numeric")} with these texts under missing" : "")}");
    }

    // No format reads them all, and as names or words they would teach nothing.
    private static string OfTimes(ColumnProfile column) =>
        $"times{Odd(column, "left out, for a column is read in one form; write all of it alike and look again (init), else hours, weekdays and a split by time are lost")}";

    private const string TakenForMissing = "taken for missing, and other such texts will be refused";
    private const string TextByText =
        "these very texts are taken for missing, so their hours are lost and others of the form will be refused; better write all of the column alike";

    // What became of cells that are not like the others.
    private static string Odd(ColumnProfile column, string decided) =>
        column.Odd is { } odd ? $"; {odd.Say(column.Rows - column.Missing)}: {decided}" : "";

    private static ColumnDraft OfLabel(ColumnProfile column, LabelProfile label)
    {
        var clicks = string.Join(", ", label.Values.Where(v => v.Value == 1).Select(v => $"\"{PrintableText.Short(v.Key, 30)}\""));
        var draft = Made(column, FieldKind.Label, string.Create(CultureInfo.InvariantCulture,
            $"what is to be predicted: {label.Why}; {clicks} is a click, {label.ClickRate:P1} of the rows{(column.Missing > 0 ? $"; {column.Missing:N0} rows have none, and will be refused" : "")}"));
        return label.IsPlain ? draft : draft with { Field = draft.Field with { Values = label.Values } };
    }

    private static string? Useless(ColumnProfile column) => column switch
    {
        { Type: "other" } => "neither one value a row nor a list of them: take its parts by SQL where they are wanted",
        { Type: "empty" } => $"empty in all {N(column.Rows)} rows looked at",
        { Type: "constant" } => $"the same in all {N(column.Rows)} rows looked at: {Tops(column)}",
        { Auc: > Leak } => string.Create(CultureInfo.InvariantCulture,
            $"a leak? by itself it tells the label (AUC {column.Auc:F3} on rows held out): most likely it is known only after the click; if not, change its kind"),
        { SurelyClicked: > Sure } => string.Create(CultureInfo.InvariantCulture,
            $"a leak? {column.SurelyClicked:P0} of all clicks stand beside values of which every row was clicked: most likely it is known only after the click; if not, change its kind"),
        _ => null,
    };

    private const double Leak = 0.98, Sure = 0.5;
    private const int FewValues = 24;
    private const double LongLists = 5;
    private const int FewestDigits = 6;
    private const int MostMissing = 4;

    // Numbers with decimals may all differ; whole ones are names where they are long, count on, or are called so.
    private static bool IsName(ColumnProfile column) => column.IsUnique && column switch
    {
        { Type: "text" } => true,
        { Type: "whole", Numbers: { } n } => ColumnWords.IsId(column.Name) || (!ColumnWords.IsNumber(column.Name)
            && (n.Max >= Math.Pow(10, FewestDigits) || n.Max - n.Min < 1.5 * column.Distinct)),
        _ => false,
    };

    private static ColumnDraft OfTime(ColumnProfile column, TimeProfile time, DataProfile profile, IReadOnlySet<string> taken)
    {
        var shown = time.HasHours ? "yyyy-MM-dd HH:mm" : "yyyy-MM-dd";
        var span = $"{(time.HasHours ? "times" : "dates without hours")} ({time.Format}) from {time.From.ToString(shown, CultureInfo.InvariantCulture)}"
            + $" to {time.To.ToString(shown, CultureInfo.InvariantCulture)}{MissingTexts(column)}{Odd(column, column.Odd is { Forms: not null } ? TextByText : TakenForMissing)}";
        TimePart[] parts = [.. time.HasHours ? [TimePart.Hour] : Array.Empty<TimePart>(),
            .. !time.HasHours || time.To - time.From >= TimeSpan.FromDays(2)
                ? [TimePart.Weekday, TimePart.Weekend] : Array.Empty<TimePart>()];
        if (profile.Dialect.IsPairs)
            return Made(column, FieldKind.Ignored, $"{span}: as it is every new row has one that was not seen before");
        var draft = Made(column, FieldKind.Time, column.Zone is { } zone ? $"{span}; {zone.Why}" : span);
        TimePart[] free = [.. parts.Where(p => !taken.Contains($"{column.Name}_{Words.Of(p)}"))];
        var field = draft.Field with { Derive = free, Format = Words.All<TimeFormat>()[time.Format] };
        return draft with { Field = field with { Zone = column.Zone?.Zone ?? TimeSpan.Zero } };
    }

    // Libsvm and libffm have plain kinds alone.
    private static FieldKind Plain(DataProfile profile, FieldKind kind, FieldKind plain) => profile.Dialect.IsPairs ? plain : kind;

    // What a user did before stands in its order; of tags nobody knows one.
    private static ColumnDraft OfList(ColumnProfile column, ListProfile list, DataProfile profile)
    {
        var isHistory = ColumnWords.IsHistory(column.Name) || profile.Columns.Any(c => c.StepTimes?.Of == column.Name)
            || (list.SameAs is not null && list.MeanLength >= LongLists);
        var same = (isHistory || list.AreValues) && list.SameAs is not null
            ? $", of the same tokens as {PrintableText.Short(list.SameAs, 40)}" : "";
        var draft = Made(column, isHistory ? FieldKind.Sequence : FieldKind.List, string.Create(CultureInfo.InvariantCulture,
            $"{list.Tokens:N0} different tokens with \"{list.Splitter}\" between{(list.WeightSplitter is { } w ? $", each with a weight behind \"{w}\"" : "")}{same}; {list.MeanLength:F1} a row, at most {list.MaxLength:N0}{Missing(column)}"));
        return draft with
        {
            Field = draft.Field with
            {
                Share = same.Length > 0 ? list.SameAs : null,
                List = new FieldList
                {
                    Splitter = new Delimiter(list.Splitter),
                    Keep = isHistory ? ListEnd.Last : ListEnd.First,
                    WeightSplitter = list.WeightSplitter is { } weights ? new Delimiter(weights) : null,
                },
            },
        };
    }

    private static ColumnDraft OfStepTimes(ColumnProfile column, StepTimes steps)
    {
        var draft = Made(column, FieldKind.Sequence,
            $"times, as many as {PrintableText.Short(steps.Of, 40)} has tokens in every row, and none after {PrintableText.Short(steps.Until, 40)}: how old each of them is{Missing(column)}");
        return draft with
        {
            Field = draft.Field with
            {
                Ages = new SequenceAges(steps.Of, steps.Until) { Order = steps.Order },
                Format = steps.Format,
                List = new FieldList
                {
                    Splitter = new Delimiter(steps.Splitter),
                    Keep = steps.Order == StepOrder.NewestFirst ? ListEnd.First : ListEnd.Last,
                },
            },
        };
    }

    private static ColumnDraft OfNumbers(ColumnProfile column, NumberProfile numbers, long rows)
    {
        var seen = $"{(numbers.AreWhole ? "whole numbers" : "numbers")} from {G(numbers.Min)} to {G(numbers.Max)}, {N(column.Distinct)} different{MissingTexts(column)}{(numbers.AsFloats ? ", written as floats" : "")}";
        if (!numbers.AreWhole) return Number(seen);
        if (column.Distinct <= FewValues) return Token($"{seen}: so few are best taken one by one");
        if (ColumnWords.IsId(column.Name)) return Token($"{seen}: its name says that they name something");
        if (ColumnWords.IsNumber(column.Name)) return Number($"{seen}: its name says that they count");
        if (column is { TokenAuc: { } token, RangeAuc: { } range } && Math.Abs(token - range) > column.Doubt
            && Math.Max(token, range) > 0.5 + column.Doubt)
        {
            return token > range
                ? Token(string.Create(CultureInfo.InvariantCulture,
                    $"{seen}: one by one they tell more of clicks (AUC {token:F3} on rows held out) than by size ({range:F3})"))
                : Number(string.Create(CultureInfo.InvariantCulture,
                    $"{seen}: by size they tell more of clicks (AUC {range:F3} on rows held out) than one by one ({token:F3})"));
        }
        return numbers.AreSmooth || column.Distinct > column.Rows / 2
            ? Number($"{seen}: they look like counts or amounts") : Token($"{seen}: they look like names");

        ColumnDraft Token(string why) => Made(column, FieldKind.Categorical, why + Odd(column, "a token as the others"));

        ColumnDraft Number(string why)
        {
            var draft = Made(column, FieldKind.Numeric, numbers.Mark is null ? why
                : $"{why}; {numbers.Mark} stands out and is taken for missing");
            draft = draft with { Why = draft.Why + Odd(column, TakenForMissing) };
            return draft with { Field = draft.Field with { Transform = new Transform(TransformKind.QuantileBuckets, Buckets(rows)) } };
        }
    }

    private static int Buckets(long rows) => rows switch { < 5_000 => 16, < 100_000 => 32, _ => 64 };

    private static ColumnDraft Made(ColumnProfile column, FieldKind kind, string why) =>
        new(column.Name, Words.Of(kind), why) { Field = new Field(column.Name, kind) };

    private static string Missing(ColumnProfile column) =>
        column.Missing == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {column.MissingShare:P1} missing");

    // Which texts were taken for none.
    private static string MissingTexts(ColumnProfile column)
    {
        var texts = column.MissingTexts.Select(m => m.Token.Length == 0 ? "empty" : $"\"{m.Token}\"").Take(MostMissing).ToArray();
        return texts is [] or ["empty"] ? Missing(column) : $"{Missing(column)} ({string.Join(", ", texts)})";
    }

    private static string Tops(ColumnProfile column) =>
        string.Join(", ", column.Top.Take(2).Select(t => $"\"{PrintableText.Short(t.Token, 30)}\""));

    private static string N(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string G(double number) =>
        number.ToString(number == Math.Floor(number) && Math.Abs(number) < 1e15 ? "N0" : "G6", CultureInfo.InvariantCulture);
}
