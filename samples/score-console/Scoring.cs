using System.Globalization;
using Consort.Serving;

namespace ScoreConsole;

/// <summary>Reads offers, a line each, and writes their click probabilities.</summary>
public static class Scoring
{
    /// <summary>Scores all lines; gives how many there were.</summary>
    /// <param name="package">A file that <c>consort pack</c> has written.</param>
    /// <param name="offers">Lines of <c>city,device,campaign,price,time</c>; an empty cell is a value that is not known.</param>
    /// <param name="output">Gets a probability a line.</param>
    public static int Run(string package, TextReader offers, TextWriter output)
    {
        using var scorer = LiveScorer.Load(package); // one for the whole program, safe for all its threads
        var count = 0;
        for (; offers.ReadLine() is { } line; count++)
        {
            var cells = line.Split(',').Select(c => c.Length == 0 ? null : c).ToArray();
            var price = cells[3] is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : (double?)null;
            var probability = scorer.ScoreRow(new Offer(cells[0], cells[1], cells[2], price, cells[4]));
            output.WriteLine(probability.ToString("F6", CultureInfo.InvariantCulture));
        }

        return count;
    }
}
