using System.Globalization;
using Consort.Serving;

// Scores the rows of a CSV: AheadOfTime model.consort clicks.csv
using var scorer = Scorer.Load(args[0]);
var offers = scorer.For<Offer>();
foreach (var line in File.ReadLines(args[1]).Skip(1))
{
    var cells = line.Split(',');
    double? price = cells[2].Length > 0 ? double.Parse(cells[2], CultureInfo.InvariantCulture) : null;
    Console.WriteLine(offers.Score(new Offer(cells[1], price, int.Parse(cells[3], CultureInfo.InvariantCulture), cells[4].Split('|'))));
}

[ImpressionRow]
internal sealed record Offer(
    string Site,
#if TYPO
    double? Prise,
#else
    double? Price,
#endif
    [property: ImpressionField("device")] int DeviceNumber,
    string[] Tags);
