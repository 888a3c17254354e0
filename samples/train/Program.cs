using Train;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: train CLICKS.csv MODEL.consort");
    return 2;
}

var auc = Training.Run(args[0], args[1], CancellationToken.None);
Console.WriteLine(FormattableString.Invariant($"{args[1]}: test AUC {auc:F4}"));
return 0;
