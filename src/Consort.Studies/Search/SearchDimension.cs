using System.Globalization;
using Consort.Foundation.Options;

namespace Consort.Studies.Search;

/// <summary>An option that is searched: a way between 0 and 1 for each of its values, on which neighbours are alike.</summary>
/// <param name="Path">Where it stands in an experiment; <c>members.KEY</c> is that of all members that have it.</param>
/// <param name="Range">Its values.</param>
/// <param name="IsWhole">Whether its numbers are whole.</param>
/// <param name="IsOrdered">Whether neighbours among its choices are alike.</param>
internal sealed record SearchDimension(string Path, SearchRange Range, bool IsWhole, bool IsOrdered)
{
    /// <summary>How many choices there are; 0 of numbers.</summary>
    public int Choices => Range.Choices.Count;

    /// <summary>The option's name without those of its sections.</summary>
    public string Name => Path[(Path.LastIndexOf('.') + 1)..];

    /// <summary>The values in words.</summary>
    public string Words => Choices > 0 ? string.Join(", ", Range.Choices)
        : $"{Domain.Show(Range.Low)} to {Domain.Show(Range.High)}{(Range.IsLog ? ", log" : "")}";

    /// <summary>The value at a place in [0, 1].</summary>
    public OptionTree At(double place)
    {
        if (Choices > 0)
            return OptionTree.Parse(Range.Choices[ChoiceAt(place)]);
        var value = Range.IsLog
            ? Math.Exp(double.Lerp(Math.Log(Range.Low), Math.Log(Range.High), place)) : double.Lerp(Range.Low, Range.High, place);
        return IsWhole ? (long)Math.Round(value) : (OptionTree)Short(value);
    }

    /// <summary>Which choice stands at a place.</summary>
    public int ChoiceAt(double place) => Math.Min(Choices - 1, (int)(place * Choices));

    /// <summary>Where a value stands; null where it is none of these.</summary>
    public double? PlaceOf(OptionTree? value)
    {
        if (Choices > 0)
        {
            var choice = Range.Choices.ToList().FindIndex(c => OptionTree.Parse(c).Equals(value));
            return choice < 0 ? null : (choice + 0.5) / Choices;
        }

        if (!double.TryParse(value?.ToString(), CultureInfo.InvariantCulture, out var number) || number < Range.Low || number > Range.High)
            return null;
        return Range.IsLog ? Math.Log(number / Range.Low) / Math.Log(Range.High / Range.Low)
            : (number - Range.Low) / (Range.High - Range.Low);
    }

    // Three digits: more say nothing, and none is lost in a file.
    private static double Short(double value) =>
        double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
